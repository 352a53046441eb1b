using System.Collections.Concurrent;
using System.Text.Json;
using Kftray.Chaos.World;

namespace Kftray.Chaos.Judging;

/// <summary>What the sidecar said about its forwards, compared with the truth.</summary>
internal sealed class StatusLog(ChaosWorld world)
{
    /// <summary>How long a row may say something else than what is the case.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, Timeline<string>> _statuses = new();
    private readonly ConcurrentDictionary<string, (int Open, int Held, string? Fault)> _latest = new();
    private readonly HashSet<(string Alias, TimeSpan From)> _reported = [];

    public void Add(string alias, string status, JsonElement snapshot)
    {
        var traffic = snapshot.GetProperty("traffic");
        var fault = snapshot.TryGetProperty("fault", out var said) && said.ValueKind == JsonValueKind.Object ? said.GetProperty("message").GetString() : null;
        _latest[alias] = (traffic.GetProperty("openConnections").GetInt32(), traffic.GetProperty("heldConnections").GetInt32(), fault);
        _statuses.GetOrAdd(alias, _ => new("none")).Set(world.Clock.Now, status);
    }

    /// <summary>Forwards that are not active, each with what it says about it.</summary>
    public IReadOnlyList<string> NotActive => [.. _statuses.Where(entry => entry.Value.At(world.Clock.Now) != "active").Select(entry => $"{entry.Key}: {_latest[entry.Key].Fault}")];

    /// <summary>Connections that the sidecar believes to be open.</summary>
    public int Open => _latest.Values.Sum(entry => entry.Open);

    public int Held => _latest.Values.Sum(entry => entry.Held);

    /// <summary>Rows that said for too long what was not the case, each once.</summary>
    public IEnumerable<Violation> FindLies(TimeSpan from, TimeSpan to)
    {
        foreach (var route in ChaosWorld.Routes)
        {
            if (!_statuses.TryGetValue(route.Alias, out var said)) continue;
            var lies = Find(route, said, world.Truth.Dead(route, from, to), isActive: true)
                .Concat(Find(route, said, world.Truth.Servable(route, from, to), isActive: false));
            foreach (var (at, text) in lies)
            {
                if (_reported.Add((route.Alias, at))) yield return new Violation(at, "state that lied", text);
            }
        }
    }

    /// <summary>The same claim for longer than the limit, while the truth was for longer than the limit what it denies.</summary>
    private static IEnumerable<(TimeSpan At, string Text)> Find(Route route, Timeline<string> said, IReadOnlyList<Piece<bool>> truth, bool isActive)
    {
        foreach (var piece in truth.Where(piece => piece.Value && piece.Length > Limit))
        {
            foreach (var claim in said.Between(piece.From, piece.To).Where(claim => claim.Value == "active" == isActive))
            {
                var since = claim.From > piece.From + Limit ? claim.From : piece.From + Limit;
                // Changed its mind and back for a moment: that is no lie yet.
                var lied = isActive ? claim.To - since : claim.Length - Limit;
                if (lied > TimeSpan.FromSeconds(0.5))
                {
                    yield return (piece.From, $"{route.Alias} said '{claim.Value}' from {claim.From.TotalSeconds:0.0} s to {claim.To.TotalSeconds:0.0} s, but it "
                        + (isActive ? "could serve nobody" : "could be used") + $" from {piece.From.TotalSeconds:0.0} s on");
                }
            }
        }
    }
}
