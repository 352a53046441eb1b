using System.Globalization;
using Kftray.Testing.Http;

namespace Kftray.Testing.Faults;

/// <summary>The faults in force. Each has an id, by which it is healed.</summary>
public sealed class ClusterFaults
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (RequestFault Fault, int Left)> _faults = [];
    private int _lastId;
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
            return id;
        }
    }

    public void Remove(string id)
    {
        lock (_gate) _faults.Remove(id);
    }

    /// <summary>Heals everything.</summary>
    public void Clear()
    {
        lock (_gate) _faults.Clear();
        Images.Clear();
        RefusesConnections = false;
    }

    /// <summary>The first fault that applies, counted as used.</summary>
    internal RequestFault? Take(string? user, RequestInfo request)
    {
        lock (_gate)
        {
            foreach (var (id, (fault, left)) in _faults)
            {
                if (!Applies(fault, user, request)) continue;
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
