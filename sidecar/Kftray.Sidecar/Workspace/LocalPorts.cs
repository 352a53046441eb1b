using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Workspace;

/// <summary>Who listens where. One place can be listened on once.</summary>
/// <param name="written">Every local port that any document names.</param>
internal sealed class LocalPorts(ProblemList problems, IReadOnlySet<int> written)
{
    private readonly Dictionary<(string Address, int Port, ForwardProtocol Protocol), ForwardSpec> _taken = [];

    /// <summary>Takes the local place of <paramref name="spec"/>.</summary>
    /// <returns>Why that is not possible; null when it is, or when any free port will do.</returns>
    public string? Take(ForwardSpec spec, Located<int>? port)
    {
        if (spec.LocalPort == 0 || port is null)
            return null;

        var places = AddressesOf(spec).Select(address => (address, spec.LocalPort, spec.Protocol)).ToArray();
        if (places.Select(_taken.GetValueOrDefault).FirstOrDefault(other => other is not null) is not { } holder)
        {
            foreach (var place in places)
                _taken.Add(place, spec);
            return null;
        }

        var where = ProblemFormat.Place(holder.Uri, holder.Line, port.Document.Uri);
        var message = $"Local port {spec.LocalPort} of {spec.LocalAddress} is already used by {holder.Alias} ({where}).";
        problems.Add(port.Document.Uri, port.Range, ProblemSeverity.Error, ProblemCodes.DuplicateLocalPort, message,
            Unused(spec.LocalPort + 1) is { } unused ? new ProblemFix($"Use port {unused}", port.Range, $"{unused}") : null);
        return message;
    }

    /// <summary>The first port from this one upward that no document names.</summary>
    public int? Unused(int from)
    {
        var port = from;
        while (written.Contains(port))
            port++;
        return port is >= 1 and <= 65535 ? port : null;
    }

    /// <summary>
    /// The address of a forward that asked for one of its own: from its id, so that it is the same each time; the next one when another
    /// forward already listens there on the same port.
    /// </summary>
    public string OwnLoopbackAddress(string id, int port, ForwardProtocol protocol)
    {
        const int first = 2, count = 253;
        var start = (int)(BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(id))) % count);
        return Enumerable.Range(0, count)
            .Select(i => $"127.0.0.{first + ((start + i) % count)}")
            .FirstOrDefault(address => !_taken.ContainsKey((address, port, protocol)), $"127.0.0.{first + start}");
    }

    private static string[] AddressesOf(ForwardSpec spec) => spec.LocalAddress == "localhost" ? ["127.0.0.1", "::1"] : [spec.LocalAddress];
}
