using System.Text.Json.Nodes;
using Kftray.Testing.Admission;
using Kftray.Testing.Controllers;
using Kftray.Testing.Network;
using Kftray.Testing.Store;
using Microsoft.Extensions.Time.Testing;

namespace Kftray.Conformance.Tests;

/// <summary>The job controller alone, with a clock that the test moves.</summary>
public sealed class JobControllerTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly ObjectStore _store;
    private readonly AdmissionChain _admission;
    private readonly JobController _controller;

    public JobControllerTests()
    {
        _store = new ObjectStore(_time);
        _admission = new AdmissionChain(_store, new LoopbackAddresses());
        var deletion = new Deletion(_store, _time);
        var events = new EventRecorder(_store);
        _controller = new JobController(_store, new ControlledPods(_store, _admission, deletion, events), events, deletion, _time);
        _admission.Create(ResourceKinds.Namespaces, null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "shop" } });
    }

    [Fact]
    public void FailedPod_IsReplacedAfterABackoffThatDoubles_UntilTheLimit()
    {
        Add(spec => spec["backoffLimit"] = 2);
        Assert.Null(_controller.Reconcile("shop"));
        foreach (var seconds in new[] { 10, 20 })
        {
            Finish("Failed");
            Assert.Equal(TimeSpan.FromSeconds(seconds), _controller.Reconcile("shop"));
            Assert.Empty(Live());
            _time.Advance(TimeSpan.FromSeconds(seconds));
            _controller.Reconcile("shop");
            Assert.Single(Live());
        }

        Finish("Failed");
        _controller.Reconcile("shop");

        Assert.Equal(["FailureTarget BackoffLimitExceeded", "Failed BackoffLimitExceeded"], Conditions());
        Assert.Equal(3, Job()!.Read().Number("status", "failed"));
    }

    [Fact]
    public void Completions_AreMadeAsManyAtATimeAsParallelismSays()
    {
        Add(spec =>
        {
            spec["completions"] = 3;
            spec["parallelism"] = 2;
        });
        _controller.Reconcile("shop");
        Assert.Equal(2, Live().Length);
        Finish("Succeeded");
        _controller.Reconcile("shop");
        Assert.Single(Live());
        Finish("Succeeded");
        _controller.Reconcile("shop");
        Assert.Equal(["SuccessCriteriaMet CompletionsReached", "Complete CompletionsReached"], Conditions());
    }

    [Fact]
    public void Deadline_EndsThePods_AndTheJobWhenTheyAreGone()
    {
        Add(spec => spec["activeDeadlineSeconds"] = 60);
        _controller.Reconcile("shop");
        Assert.Equal(TimeSpan.FromSeconds(60), _controller.Reconcile("shop"));
        _time.Advance(TimeSpan.FromSeconds(60));
        _controller.Reconcile("shop");
        Assert.Equal(["FailureTarget DeadlineExceeded"], Conditions());
        Assert.All(Live(), pod => Assert.True(pod.IsTerminating));
        foreach (var pod in Live()) _store.Remove(pod.Kind, "shop", pod.Name);
        _controller.Reconcile("shop");
        Assert.Equal(["FailureTarget DeadlineExceeded", "Failed DeadlineExceeded"], Conditions());
    }

    [Fact]
    public void FinishedJob_IsDeletedAfterItsTime()
    {
        Add(spec => spec["ttlSecondsAfterFinished"] = 300);
        _controller.Reconcile("shop");
        Finish("Succeeded");
        Assert.Equal(TimeSpan.FromSeconds(300), _controller.Reconcile("shop"));
        _time.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal(TimeSpan.FromSeconds(1), _controller.Reconcile("shop"));
        _time.Advance(TimeSpan.FromSeconds(1));
        _controller.Reconcile("shop");
        Assert.Null(Job());
    }

    [Fact]
    public void RefusedPod_IsTriedAgainAfterABackoff()
    {
        _store.Create(ResourceKinds.ResourceQuotas, JsonNode.Parse("""{"metadata": {"name": "none", "namespace": "shop"}, "spec": {"hard": {"pods": "0"}}}""")!.AsObject());
        Add(_ => { });
        Assert.Equal(TimeSpan.FromSeconds(1), _controller.Reconcile("shop"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(2), _controller.Reconcile("shop"));
        _store.Remove(ResourceKinds.ResourceQuotas, "shop", "none");
        _time.Advance(TimeSpan.FromSeconds(2));
        _controller.Reconcile("shop");
        Assert.Single(Live());
    }

    private void Add(Action<JsonObject> change) => _admission.Create(ResourceKinds.Jobs, "shop", RelayManifests.Job("relay", "127.0.0.1", 1, change: change));

    private StoredObject? Job() => _store.Find(ResourceKinds.Jobs, "shop", "relay");

    private IEnumerable<string> Conditions() =>
        Job()!.Read().Items("status", "conditions").Select(condition => $"{condition.Text("type")} {condition.Text("reason")}");

    private StoredObject[] Live() =>
        [.. _store.List(ResourceKinds.Pods, "shop").Items.Where(pod => pod.Read().Text("status", "phase") is not ("Failed" or "Succeeded"))];

    private void Finish(string phase)
    {
        foreach (var pod in Live())
        {
            _store.Update(pod.Kind, "shop", pod.Name, content =>
            {
                content.Child("status")["phase"] = phase;
                return content;
            });
        }
    }
}
