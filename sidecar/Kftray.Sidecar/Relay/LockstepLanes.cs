using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Relay;

/// <summary>
/// The connections to one old relay. Each carries one datagram at a time and belongs to one flow, so that a late answer can reach no other. There
/// are <see cref="Limit"/> at most; one that waits for nothing is closed when another flow needs it.
/// </summary>
internal sealed class LockstepLanes(IPodDialer pods, PodTarget target, TimeProvider time)
{
    public const int Limit = 64;

    private readonly Lock _lock = new();

    // Guarded by _lock. Those that wait for no answer, longest first.
    private readonly LinkedList<LockstepLane> _idle = [];
    private int _count;

    /// <param name="replaced">One of another flow that has to be closed for it.</param>
    /// <returns>Null when every connection waits for an answer.</returns>
    public LockstepLane? TryTake(LockstepStream flow, out LockstepLane? replaced)
    {
        replaced = null;
        lock (_lock)
        {
            for (var node = _idle.Last; node is not null; node = node.Previous)
            {
                if (node.Value.Flow != flow)
                    continue;
                _idle.Remove(node);
                return node.Value;
            }

            if (_count < Limit)
            {
                _count++;
            }
            else if (_idle.First is { } longest)
            {
                _idle.RemoveFirst();
                replaced = longest.Value;
            }
            else
            {
                return null;
            }
        }

        return new LockstepLane(flow, pods, target, time);
    }

    /// <summary>It has its answer.</summary>
    public void Return(LockstepLane lane)
    {
        lock (_lock)
            _idle.AddLast(lane);
    }

    /// <summary>It was taken and is closed.</summary>
    public void Forget()
    {
        lock (_lock)
            _count--;
    }

    /// <summary>Takes what a flow that has ended still holds.</summary>
    /// <returns>Those to close.</returns>
    public IReadOnlyList<LockstepLane> TakeAll(LockstepStream flow)
    {
        lock (_lock)
        {
            LockstepLane[] taken = [.. _idle.Where(lane => lane.Flow == flow)];
            foreach (var lane in taken)
                _idle.Remove(lane);
            _count -= taken.Length;
            return taken;
        }
    }
}
