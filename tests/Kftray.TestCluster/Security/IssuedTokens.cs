using System.Collections.Concurrent;

namespace Kftray.Testing.Security;

/// <summary>Bearer tokens beside the users' own: those of plugins and identity providers.</summary>
public sealed class IssuedTokens
{
    private readonly ConcurrentDictionary<string, (string User, DateTimeOffset Expires)> _tokens = new();
    private readonly TimeProvider _time;

    internal IssuedTokens(TimeProvider time) => _time = time;

    /// <summary>Asked for tokens that are not known here: the user's name, or null.</summary>
    public Func<string, string?>? Review { get; set; }

    public void Add(string token, string user, DateTimeOffset? expires = null) => _tokens[IssuedSecrets.Note(token)] = (user, expires ?? DateTimeOffset.MaxValue);

    public void Revoke(string token) => _tokens.TryRemove(token, out _);

    internal string? UserOf(string token) =>
        _tokens.TryGetValue(token, out var known) ? (_time.GetUtcNow() < known.Expires ? known.User : null) : Review?.Invoke(token);
}
