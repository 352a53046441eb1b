using System.Text;

namespace Kftray.Testing.Pods;

/// <summary>What a container has written to its standard outputs, line by line, the last so many bytes of it.</summary>
public sealed class ContainerLog
{
    private const int Capacity = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly Signal _changed = new();
    private int _size;
    private long _forgotten;
    private bool _isComplete;

    /// <summary>Everything that is kept.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate) return [.. _lines];
        }
    }

    /// <summary>Waits for a line that contains the text.</summary>
    /// <exception cref="InvalidOperationException">The container has ended without one.</exception>
    public async Task<string> LineAsync(string text, CancellationToken cancellationToken)
    {
        string? found = null;
        await _changed.UntilAsync(
            () =>
            {
                lock (_gate) return (found = _lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal))) is not null || _isComplete;
            },
            cancellationToken);
        return found ?? throw new InvalidOperationException($"The container never wrote \"{text}\" but:\n{string.Join('\n', Lines)}");
    }

    /// <summary>The lines from a number on, the next number, and whether more may come.</summary>
    internal async Task<(IReadOnlyList<string> Lines, long Next, bool IsComplete)> ReadAsync(long from, bool follow, CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = _changed.Next;
            lock (_gate)
            {
                var end = _forgotten + _lines.Count;
                if (end > from || _isComplete || !follow) return ([.. _lines.Skip((int)Math.Max(0, from - _forgotten))], end, _isComplete);
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    internal void Add(string line)
    {
        lock (_gate)
        {
            _lines.Enqueue(line);
            _size += SizeOf(line);
            while (_size > Capacity)
            {
                _size -= SizeOf(_lines.Dequeue());
                _forgotten++;
            }
        }

        _changed.Set();
    }

    internal void Complete()
    {
        lock (_gate) _isComplete = true;
        _changed.Set();
    }

    private static int SizeOf(string line) => Encoding.UTF8.GetByteCount(line) + 1;
}
