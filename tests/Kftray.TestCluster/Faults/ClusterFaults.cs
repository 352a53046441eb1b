using System.Globalization;
using Kftray.Testing.Http;

namespace Kftray.Testing.Faults;

/// <summary>The faults in force. Each has an id, by which it is healed.</summary>
public sealed class ClusterFaults
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (RequestFault Fault, int Left)> _faults = [];
    private int _lastId;
    private readonly Signal _changed = new();
    private volatile bool _refusesConnections;

    internal ClusterFaults()
    {
    }

    /// <summary>What goes wrong when images are pulled.</summary>
    public ImageFaults Images { get; } = new();

    /// <summary>True: every new connection is reset as soon as it is accepted. Connections that exist go on.</summary>
    public bool RefusesConnections
    {
        get => _refusesConnections;
        set => _refusesConnections = value;
    }

    public IReadOnlyDictionary<string, RequestFault> Active
    {
        get
        {
            lock (_gate) return _faults.ToDictionary(pair => pair.Key, pair => pair.Value.Fault);
        }
    }

    /// <summary>Adds a fault and returns its id.</summary>
    public string Add(RequestFault fault)
    {
        lock (_gate)
        {
            var id = (++_lastId).ToString(CultureInfo.InvariantCulture);
            _faults[id] = (fault, fault.Times);
            _changed.Set();
            return id;
        }
    }

    public void Remove(string id)
    {
        lock (_gate) _faults.Remove(id);
        _changed.Set();
    }

    /// <summary>Heals everything.</summary>
    public void Clear()
    {
        lock (_gate) _faults.Clear();
        Images.Clear();
        RefusesConnections = false;
        _changed.Set();
    }

    /// <summary>Completes when a fault comes or is healed. Take it before looking.</summary>
    internal Task Changed => _changed.Next;

    /// <summary>The first fault that applies to a request that arrives, counted as used.</summary>
    internal RequestFault? Take(string? user, RequestInfo request) => Take(user, request, fault => !fault.IsOfWatches);

    /// <summary>The first fault that applies to a watch that is open. One that ends it is counted as used.</summary>
    internal RequestFault? TakeForWatch(string? user, RequestInfo request) =>
        Take(user, request, fault => fault.Action == FaultAction.Expire) ?? Find(user, request);

    private RequestFault? Find(string? user, RequestInfo request)
    {
        lock (_gate) return _faults.Values.Select(entry => entry.Fault).FirstOrDefault(fault => fault.IsOfWatches && Applies(fault, user, request));
    }

    private RequestFault? Take(string? user, RequestInfo request, Func<RequestFault, bool> isMeant)
    {
        lock (_gate)
        {
            foreach (var (id, (fault, left)) in _faults)
            {
                if (!isMeant(fault) || !Applies(fault, user, request)) continue;
                if (left == 1) _faults.Remove(id);
                else if (left > 1) _faults[id] = (fault, left - 1);
                return fault;
            }

            return null;
        }
    }

    private static bool Applies(RequestFault fault, string? user, RequestInfo request) =>
        IsMatch(fault.User, user)
        && IsMatch(fault.Verb, request.Verb)
        && IsMatch(fault.Resource, request.QualifiedResource)
        && IsMatch(fault.Namespace, request.Namespace)
        && IsMatch(fault.Name, request.Name)
        && IsMatch(fault.Transport, request.Transport)
        && (fault.Path is null || request.Path.StartsWith(fault.Path, StringComparison.Ordinal));

    private static bool IsMatch(string? pattern, string? value) => pattern is null or "" or "*" || pattern == value;
}
