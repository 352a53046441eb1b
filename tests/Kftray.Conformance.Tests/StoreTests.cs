using System.Text.Json.Nodes;
using Kftray.Testing.Http;
using Kftray.Testing.Store;

namespace Kftray.Conformance.Tests;

/// <summary>The history of the store, on which watches and paged lists stand.</summary>
public sealed class StoreTests
{
    private readonly ObjectStore _store = new(TimeProvider.System);

    [Fact]
    public void ListAt_ShowsAPastMoment()
    {
        Create("a");
        Create("b");
        var moment = _store.Revision;
        _store.Remove(ResourceKinds.Services, "shop", "a");
        Create("c");
        _store.Update(ResourceKinds.Services, "shop", "b", content =>
        {
            content.Metadata()["labels"] = new JsonObject { ["new"] = "yes" };
            return content;
        });

        var then = _store.ListAt(ResourceKinds.Services, "shop", moment);

        Assert.Equal(["a", "b"], then.Select(item => item.Name));
        Assert.Empty(then[1].Labels);
    }

    [Fact]
    public void EventsAfter_AForgottenRevision_AreExpired()
    {
        var before = _store.Revision;
        Create("a");
        _store.Compact();
        Assert.Equal(410, Assert.Throws<ApiException>(() => _store.EventsAfter(before)).Code);
        Assert.Empty(_store.EventsAfter(_store.Revision).Events);
    }

    [Fact]
    public void Update_FromAnOldVersion_IsAConflict()
    {
        var old = Create("a").Read();
        Touch("a");
        Assert.Equal(409, Assert.Throws<ApiException>(() => _store.Update(ResourceKinds.Services, "shop", "a", _ => old)).Code);
    }

    [Fact]
    public void Update_ThatChangesNothing_LeavesNoTrace()
    {
        Create("a");
        var before = _store.Revision;
        _store.Update(ResourceKinds.Services, "shop", "a", content => content);
        Assert.Equal(before, _store.Revision);
    }

    private StoredObject Create(string name) => _store.Create(
        ResourceKinds.Services, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "shop" }, ["spec"] = new JsonObject() });

    private void Touch(string name) => _store.Update(ResourceKinds.Services, "shop", name, content =>
    {
        content["touched"] = true;
        return content;
    });
}
