using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>New tokens in a kubeconfig that somebody has written by hand.</summary>
public sealed class KubeconfigEditTests
{
    [Fact]
    public void Set_InBlockStyle_ChangesTheTwoValuesAndNothingElse()
    {
        const string Before = """
            # mine
            current-context: x   # the usual
            users:
            - name: other
              user: {auth-provider: {name: oidc, config: {id-token: theirs}}}
            - name: me
              user:
                auth-provider:
                  name: oidc
                  config:
                    client-id: c    # do not touch
                    id-token: old.id.token
                    refresh-token: 'old''s'
                    idp-issuer-url: https://idp
            clusters: []
            """;

        var after = Set(Before, ("id-token", "new.id.token"), ("refresh-token", "r\"2"));

        Assert.Equal(Before.Replace("old.id.token", "\"new.id.token\"").Replace("'old''s'", "\"r\\u00222\""), after);
    }

    [Fact]
    public void Set_KeyThatIsNotThere_AddsIt()
    {
        var block = Set("users:\n- name: me\n  user:\n    auth-provider:\n      config:\n        client-id: c\n      name: oidc\n", ("id-token", "new"));
        Assert.Equal("users:\n- name: me\n  user:\n    auth-provider:\n      config:\n        id-token: \"new\"\n        client-id: c\n      name: oidc\n", block);

        var flow = Set("""{"users": [{"name": "me", "user": {"auth-provider": {"name": "oidc", "config": {"client-id": "c"} } } }]}""", ("id-token", "new"), ("refresh-token", "r"));
        Assert.Contains("\"id-token\": \"new\"", flow);
        Assert.Contains("\"refresh-token\": \"r\"", flow);
    }

    [Fact]
    public void Set_UserThatIsGone_IsRefused() =>
        Assert.Throws<ForwardException>(() => Set("users: [{name: other, user: {}}]", ("id-token", "new")));

    [Fact]
    public void Set_ValueThatIsAnAnchorForOthers_IsRefused() =>
        // The other user's token would change with it.
        Assert.Throws<ForwardException>(() => Set("""
            users:
            - name: me
              user: {auth-provider: {name: oidc, config: &c {id-token: a, client-id: x}}}
            - name: other
              user: {auth-provider: {name: oidc, config: *c}}
            """, ("id-token", "new")));

    private static string Set(string text, params (string Key, string Value)[] values) =>
        KubeconfigEdit.SetProviderValues("/config", text, "me", values.ToDictionary(v => v.Key, v => v.Value));
}
