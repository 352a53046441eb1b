using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Kftray.Testing.Store;

namespace Kftray.Testing.Network;

/// <summary>
/// The names of a cluster: its services (<c>name.namespace.svc.cluster.local</c>), the names that a test adds, and whatever the machine's
/// own resolver knows.
/// </summary>
public sealed class ClusterDns
{
    private const string Domain = ".cluster.local";
    private const string ServiceDomain = ".svc" + Domain;
    private const int MaxAliases = 8;

    private readonly ObjectStore _store;
    private readonly ConcurrentDictionary<string, IReadOnlyList<IPAddress>> _records = new(StringComparer.OrdinalIgnoreCase);

    internal ClusterDns(ObjectStore store) => _store = store;

    /// <summary>A name outside the cluster, as a test wants it; called again, it changes the answer.</summary>
    /// <param name="addresses">None: the name is known and has no address.</param>
    public void Set(string name, params IPAddress[] addresses)
    {
        _records[name] = addresses;
        Changed?.Invoke();
    }

    /// <summary>The name no longer exists.</summary>
    public void Remove(string name)
    {
        _records.TryRemove(name, out _);
        Changed?.Invoke();
    }

    /// <summary>A test has changed a name; services change in the store.</summary>
    internal event Action? Changed;

    internal async Task<DnsAnswer> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        var aliases = new List<string>();
        while (true)
        {
            var answer = name.EndsWith(Domain, StringComparison.Ordinal) ? OfCluster(name)
                : _records.TryGetValue(name, out var addresses) ? new DnsAnswer(0, [], addresses)
                : await AskMachineAsync(name, cancellationToken);
            if (answer.Aliases.Count == 0 || aliases.Count == MaxAliases) return answer with { Aliases = aliases };
            name = answer.Aliases[0];
            aliases.Add(name);
        }
    }

    /// <summary>The names that have addresses, in every form in which a pod of that namespace may say them; for a hosts file.</summary>
    internal IEnumerable<(IPAddress Address, string Name)> Known(string @namespace)
    {
        foreach (var (name, addresses) in _records)
        {
            foreach (var address in addresses) yield return (address, name);
        }

        foreach (var service in _store.List(ResourceKinds.Services).Items)
        {
            var qualified = $"{service.Name}.{service.Namespace}";
            var answer = OfCluster(qualified + ServiceDomain);
            // Of an alias the hosts file can say no more than where it leads now.
            var addresses = answer.Aliases.Count > 0 ? _records.GetValueOrDefault(answer.Aliases[0]) ?? [] : answer.Addresses;
            string[] forms = [qualified + ServiceDomain, qualified + ".svc", qualified, .. service.Namespace == @namespace ? [service.Name] : (string[])[]];
            foreach (var address in addresses)
            {
                foreach (var form in forms) yield return (address, form);
            }
        }
    }

    // https://github.com/kubernetes/dns/blob/master/docs/specification.md
    private DnsAnswer OfCluster(string name)
    {
        if (!name.EndsWith(ServiceDomain, StringComparison.Ordinal) || name[..^ServiceDomain.Length].Split('.') is not [var service, var @namespace])
            return DnsAnswer.NoSuchName;
        if (_store.Find(ResourceKinds.Services, @namespace, service)?.Read() is not { } found) return DnsAnswer.NoSuchName;
        if (found.Text("spec", "type") == "ExternalName") return new DnsAnswer(0, [(found.Text("spec", "externalName") ?? "").TrimEnd('.').ToLowerInvariant()], []);
        if (IPAddress.TryParse(found.Text("spec", "clusterIP"), out var clusterIp)) return new DnsAnswer(0, [], [clusterIp]);
        // Headless: the pods themselves.
        var addresses = ServiceEndpoints.ReadyAddresses(_store, @namespace, service);
        return addresses.Count > 0 ? new DnsAnswer(0, [], addresses) : DnsAnswer.NoSuchName;
    }

    private static async Task<DnsAnswer> AskMachineAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return new DnsAnswer(0, [], await Dns.GetHostAddressesAsync(name, cancellationToken));
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData ? DnsAnswer.NoSuchName : DnsAnswer.Failure;
        }
        catch (ArgumentException)
        {
            // Longer than a name can be.
            return DnsAnswer.NoSuchName;
        }
    }
}
