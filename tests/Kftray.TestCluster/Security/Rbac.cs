using System.Collections.Immutable;

namespace Kftray.Testing.Security;

/// <summary>
/// Who may not do what. Everybody may do everything until a rule denies it: a test names the one thing that is missing, as the bug
/// report it comes from does.
/// </summary>
public sealed class Rbac
{
    private ImmutableList<DenyRule> _rules = [];

    /// <summary>Denies; <c>*</c> stands for any. A subresource is named with its resource: <c>pods/portforward</c>.</summary>
    /// <returns>Disposing it allows again.</returns>
    public IDisposable Deny(string user, string verb, string resource, string @namespace = "*")
    {
        var rule = new DenyRule(user, verb, resource, @namespace);
        ImmutableInterlocked.Update(ref _rules, rules => rules.Add(rule));
        return new Revocation(() => ImmutableInterlocked.Update(ref _rules, rules => rules.Remove(rule)));
    }

    public void AllowAll() => ImmutableInterlocked.Update(ref _rules, _ => []);

    /// <param name="resource">With its subresource, if any: <c>pods/portforward</c>.</param>
    internal bool Allows(string user, string verb, string resource, string @namespace) =>
        !_rules.Any(rule => rule.Denies(user, verb, resource, @namespace));

    private sealed record DenyRule(string User, string Verb, string Resource, string Namespace)
    {
        public bool Denies(string user, string verb, string resource, string @namespace) =>
            IsMatch(User, user) && IsMatch(Verb, verb) && IsMatch(Resource, resource) && IsMatch(Namespace, @namespace);

        private static bool IsMatch(string pattern, string value) => pattern == "*" || pattern == value;
    }
}

/// <summary>Takes something back, once, when it is disposed.</summary>
internal sealed class Revocation(Action revoke) : IDisposable
{
    private Action? _revoke = revoke;

    public void Dispose() => Interlocked.Exchange(ref _revoke, null)?.Invoke();
}
