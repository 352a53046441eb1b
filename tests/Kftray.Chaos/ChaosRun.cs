using System.Collections.Concurrent;
using Kftray.Chaos.Faults;
using Kftray.Chaos.Judging;
using Kftray.Chaos.Load;
using Kftray.Chaos.Subjects;
using Kftray.Chaos.World;

namespace Kftray.Chaos;

/// <summary>What a run came to.</summary>
internal sealed record ChaosResult(
    ChaosSettings Settings, int Faults, IReadOnlyList<ISubject> Subjects, Footprint Before, Footprint After, MemoryTrend Memory, TimeSpan? Stopped, int SentTwice,
    IReadOnlyList<Violation> Violations);

/// <summary>One run from an empty machine to an empty machine: clusters, forwarders, load, faults, recovery, end.</summary>
internal sealed class ChaosRun(ChaosSettings settings, Action<string> say)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);

    // Longer than any row may lie, and than any cluster may take to be found again.
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(17);

    // Sessions that nobody uses are kept for half a minute, and pooled buffers for a minute after that.
    private static readonly TimeSpan Cooling = TimeSpan.FromSeconds(130);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly RunClock _clock = new(TimeProvider.System);
    private readonly ConcurrentQueue<Violation> _violations = new();
    private readonly Lock _judging = new();
    private readonly MemoryTrend _memory = new();

    public async Task<ChaosResult> RunAsync(CancellationToken stopping)
    {
        var plan = settings.Plan();
        say($"seed {settings.Seed}: {plan.Count} faults in {settings.Length.TotalMinutes:0.#} minutes");
        await using var world = await ChaosWorld.StartAsync(_clock, stopping);
        await using var sidecar = new SidecarSubject(settings.Sidecar, world, Violate);
        await using var kubectl = settings.Kubectl is { } program ? new KubectlSubject(program, world, stopping) : null;
        ISubject[] subjects = [sidecar, .. kubectl is null ? (ISubject[])[] : [kubectl]];
        foreach (var subject in subjects) await subject.StartAsync(stopping);

        await LoadAsync(world, subjects, () => _clock.DelayAsync(WarmUp, stopping), round: 0);
        var before = sidecar.Measure();
        say($"{sidecar.Routes.Count} forwards are active: {before}");
        await LoadAsync(world, subjects, () => HarmAsync(world, sidecar, subjects, plan, stopping), round: 1);
        if (_memory.Growth is { } growth) Violate(new(_clock.Now, "leak", growth));
        Judge(subjects, sidecar, world, everything: true);

        var after = await CoolAsync(sidecar, before, stopping);
        if (sidecar.HasExited) Violate(new(_clock.Now, "sidecar ended", $"its process is gone: {sidecar.LastWords}"));
        var stopped = sidecar.HasExited ? null : await sidecar.StopAsync();
        if (stopped is null || stopped > StopLimit) Violate(new(_clock.Now, "slow end", $"took {stopped?.TotalSeconds:0.0} s to end after a signal"));
        if (world.Accepts.SentTwice > 0) Violate(new(_clock.Now, "sent twice", $"{world.Accepts.SentTwice} connections reached an application twice"));
        return new(settings, plan.Count, subjects, before, after, _memory, stopped, world.Accepts.SentTwice, [.. _violations]);
    }

    // All clients, for as long as something goes on; then until the last of them has ended.
    private async Task LoadAsync(ChaosWorld world, ISubject[] subjects, Func<Task> meanwhile, int round)
    {
        using var ending = new CancellationTokenSource();
        var loads = subjects.SelectMany(subject => subject.Routes.Select((route, i) =>
            new RouteLoad(route, subject.PortOf(route), $"{subject.Name}{round}", settings.Seed + i, _clock, subject.Judge.Add).RunAsync(ending.Token))).ToArray();
        try
        {
            await meanwhile();
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(loads);
        }
    }

    private async Task HarmAsync(ChaosWorld world, SidecarSubject sidecar, ISubject[] subjects, IReadOnlyList<PlannedFault> plan, CancellationToken stopping)
    {
        var began = _clock.Now;
        List<Task> underWay = [SampleAsync(sidecar, began + settings.Length, stopping)];
        foreach (var fault in plan)
        {
            await _clock.UntilAsync(began + fault.At, stopping);
            underWay.Add(InjectAsync(fault, world, sidecar, subjects, stopping));
        }

        await _clock.UntilAsync(began + settings.Length, stopping);
        await Task.WhenAll(underWay);
        await _clock.DelayAsync(Recovery, stopping);
        Judge(subjects, sidecar, world);
        foreach (var forward in sidecar.Statuses.NotActive) Violate(new(_clock.Now, "not recovered", $"{forward}, {Recovery.TotalSeconds:0} s after the last fault was healed"));
    }

    private async Task SampleAsync(SidecarSubject sidecar, TimeSpan until, CancellationToken stopping)
    {
        while (_clock.Now < until && !sidecar.HasExited)
        {
            _memory.Add(sidecar.Measure());
            await _clock.DelayAsync(MemoryTrend.Interval, stopping);
        }
    }

    private async Task InjectAsync(PlannedFault fault, ChaosWorld world, SidecarSubject sidecar, ISubject[] subjects, CancellationToken stopping)
    {
        var began = _clock.Now;
        await FaultCatalogue.All[fault.Kind](fault, world, stopping);
        Judge(subjects, sidecar, world);
        var tallies = subjects.Select(subject => $"{subject.Name} {subject.Judge.Tally.Connections} connections, {subject.Judge.Tally.Failed} failed, {subject.Judge.Tally.FailedAlthoughReady} although ready");
        say($"{began.TotalSeconds,7:0.0} s  #{fault.Number} {fault.Kind} cluster-{fault.Cluster} {fault.Application.Name}, healed after {(_clock.Now - began).TotalSeconds:0.0} s · {string.Join(" · ", tallies)} · {_violations.Count} violations");
    }

    private void Judge(ISubject[] subjects, SidecarSubject sidecar, ChaosWorld world, bool everything = false)
    {
        lock (_judging)
        {
            foreach (var subject in subjects) subject.Judge.Run(everything);
            foreach (var lie in sidecar.Statuses.FindLies(_clock.Now - TimeSpan.FromMinutes(3), _clock.Now)) Violate(lie);
            world.Accepts.ForgetBefore(_clock.Now - TimeSpan.FromMinutes(3));
        }
    }

    /// <summary>Until the sidecar holds no more than it did, or for as long as that may take.</summary>
    private async Task<Footprint> CoolAsync(SidecarSubject sidecar, Footprint before, CancellationToken stopping)
    {
        var until = _clock.Now + Cooling;
        while (true)
        {
            var excess = sidecar.HasExited ? null : sidecar.Measure().Excess(before)
                ?? (sidecar.Statuses.Open > 0 ? $"{sidecar.Statuses.Open} connections are said to be open" : null);
            if (excess is null) break;
            if (_clock.Now > until)
            {
                Violate(new(_clock.Now, "leak", excess));
                break;
            }

            await _clock.DelayAsync(TimeSpan.FromSeconds(1), stopping);
        }

        return sidecar.HasExited ? default : sidecar.Measure();
    }

    private void Violate(Violation violation)
    {
        _violations.Enqueue(violation);
        say($"✖ {violation.At.TotalSeconds:0.0} s  {violation.Kind}: {violation.Text}");
    }
}
