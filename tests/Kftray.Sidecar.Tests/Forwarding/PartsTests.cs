using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.Forwarding;

public sealed class ForwardStateMovesTests
{
    private static readonly string[] Legal =
    [
        "Stopped-Starting", "Stopped-Blocked", "Stopped-Stopped",
        "Starting-Active", "Starting-Reconnecting", "Starting-Failed", "Starting-Stopped",
        "Active-Active", "Active-Reconnecting", "Active-Failed", "Active-Stopped",
        "Reconnecting-Active", "Reconnecting-Reconnecting", "Reconnecting-Failed", "Reconnecting-Stopped",
        "Failed-Starting", "Failed-Failed", "Failed-Stopped",
        "Blocked-Blocked", "Blocked-Stopped",
    ];

    public static TheoryData<ForwardStatus, ForwardStatus> AllPairs()
    {
        var pairs = new TheoryData<ForwardStatus, ForwardStatus>();
        foreach (var from in Enum.GetValues<ForwardStatus>())
        {
            foreach (var to in Enum.GetValues<ForwardStatus>())
                pairs.Add(from, to);
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(AllPairs))]
    public void Move_OfEveryPair_IsLegalOnlyIfListed(ForwardStatus from, ForwardStatus to) =>
        Assert.Equal(Legal.Contains($"{from}-{to}"), ForwardStateMoves.Allows(from, to));
}

public sealed class ReconnectPolicyTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 400)]
    [InlineData(3, 800)]
    [InlineData(4, 1000)]
    [InlineData(1000, 1000)]
    public void Delay_InTheFirstMinute_DoublesUpToASecond(int attempt, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ReconnectPolicy.Delay(attempt, TimeSpan.FromSeconds(59), Longest, jitter: 0));

    [Fact]
    public void Delay_AfterTheFirstMinute_GrowsToTheUsersLimit()
    {
        var delays = Enumerable.Range(1, 60).Select(minute => ReconnectPolicy.Delay(100, TimeSpan.FromMinutes(minute), Longest, jitter: 0)).ToList();

        Assert.Equal(delays.Order(), delays);
        Assert.Equal(TimeSpan.FromSeconds(1), delays[0]);
        Assert.Equal(Longest, delays[^1]);
    }

    [Fact]
    public void Delay_WhateverTheInputs_StaysWithinTheLimitAndAboveZero()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var longest = TimeSpan.FromSeconds(random.Next(1, 300));
            var elapsed = TimeSpan.FromSeconds(random.NextDouble() * 1e6);
            var delay = ReconnectPolicy.Delay(random.Next(1, int.MaxValue), elapsed, longest, random.NextDouble());
            Assert.InRange(delay, TimeSpan.FromMilliseconds(150), elapsed < TimeSpan.FromMinutes(1) ? TimeSpan.FromSeconds(1) : longest);
        }
    }

    [Fact]
    public void Jitter_SpreadsOverTheLastQuarter() =>
        Assert.Equal(TimeSpan.FromMilliseconds(750), ReconnectPolicy.Delay(10, TimeSpan.Zero, Longest, jitter: 1));
}

public sealed class ReplayBufferTests
{
    [Fact]
    public void Append_UpToTheLimit_KeepsEverything()
    {
        using var buffer = new ReplayBuffer();
        var all = new byte[ReplayBuffer.Limit];
        new Random(2).NextBytes(all);
        for (var start = 0; start < all.Length; start += 1000)
            buffer.Append(all.AsSpan(start, Math.Min(1000, all.Length - start)));

        Assert.True(buffer.IsComplete);
        Assert.Equal(all, buffer.Bytes.ToArray());
    }

    [Fact]
    public void Append_OverTheLimit_GivesUpAndStaysThatWay()
    {
        using var buffer = new ReplayBuffer();
        buffer.Append(new byte[ReplayBuffer.Limit]);
        buffer.Append(new byte[1]);
        buffer.Append(new byte[1]);

        Assert.False(buffer.IsComplete);
        Assert.True(buffer.Bytes.IsEmpty);
    }

    // Both sides may speak first at the same moment (SSH does): one direction appends while the other gives up.
    [Fact]
    public void GiveUp_WhileAppending_NeitherThrowsNorKeepsBytes()
    {
        for (var round = 0; round < 2_000; round++)
        {
            using var buffer = new ReplayBuffer();
            using var together = new Barrier(2);
            Parallel.Invoke(
                () =>
                {
                    together.SignalAndWait();
                    for (var i = 0; i < 20; i++)
                        buffer.Append(new byte[100]);
                },
                () =>
                {
                    together.SignalAndWait();
                    buffer.GiveUp();
                });
            Assert.True(buffer.Bytes.IsEmpty);
        }
    }
}

public sealed class TargetSlotTests : TestBase
{
    private static readonly Fault Gone = new(FaultKind.PodGone, "The pod is gone.");
    private readonly ScriptedDialer _dialer = new();
    private readonly TargetSlot _slot = new();

    [Fact]
    public async Task Take_FromAnEmptySlot_WaitsForAnOffer()
    {
        var taking = _slot.TakeAsync(Balance.First, TimeoutToken).AsTask();
        Assert.False(taking.IsCompleted);

        _slot.Offer([_dialer.Pod("web-0")]);

        Assert.Equal("web-0", (await taking).Name);
    }

    [Fact]
    public async Task Take_AfterAClear_WaitsAgain()
    {
        _slot.Offer([_dialer.Pod("web-0")]);
        _slot.Clear();

        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(TimeoutToken);
        var taking = _slot.TakeAsync(Balance.First, cancelled.Token).AsTask();
        Assert.False(taking.IsCompleted);
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taking);
    }

    [Fact]
    public async Task Report_WithdrawsThePodAtOnceAndIsHandedOutOnce()
    {
        _slot.Offer([_dialer.Pod("web-0"), _dialer.Pod("web-1")]);
        var reported = _slot.Reported;

        _slot.Report(_dialer.Pod("web-0"), Gone);

        Assert.True(reported.IsCompleted);
        Assert.Equal("web-1", (await _slot.TakeAsync(Balance.First, TimeoutToken)).Name);
        Assert.Equal("web-0", Assert.Single(_slot.TakeReports()).Target.Name);
        Assert.Empty(_slot.TakeReports());
        Assert.False(_slot.Reported.IsCompleted);
    }

    // An offer that was withdrawn while it was being announced must leave takers waiting, not turning in circles: then only the timeout ends it.
    [Fact]
    public async Task Take_AfterRacingOffersAndReports_StillWaits()
    {
        const int rounds = 2_000;
        var pod = _dialer.Pod("web-0");
        var slot = new TargetSlot();
        using var together = new Barrier(2);
        var reporting = OnThreadOfItsOwn(() =>
        {
            for (var round = 0; round < rounds; round++)
            {
                together.SignalAndWait(TimeoutToken);
                slot.Report(pod, Gone);
                together.SignalAndWait(TimeoutToken);
            }
        });
        var offering = OnThreadOfItsOwn(() =>
        {
            for (var round = 0; round < rounds; round++)
            {
                slot = new TargetSlot();
                together.SignalAndWait(TimeoutToken);
                slot.Offer([pod]);
                together.SignalAndWait(TimeoutToken);
                slot.Report(pod, Gone);
                Assert.False(slot.TakeAsync(Balance.First, TimeoutToken).AsTask().IsCompleted);
            }
        });
        await Task.WhenAll(reporting, offering).WaitAsync(TimeoutToken);

        // The pool gives threads reluctantly while other tests use them.
        static Task OnThreadOfItsOwn(Action action) =>
            Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}

public sealed class TaskSetTests : TestBase
{
    [Fact]
    public async Task WhenEmpty_WaitsForEveryTask()
    {
        var set = new TaskSet();
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        set.Add(first.Task);
        set.Add(second.Task);
        var empty = set.WhenEmptyAsync();

        first.SetResult();
        Assert.False(empty.IsCompleted);
        second.SetResult();

        await empty.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task WhenEmpty_AfterAFailure_ShowsIt()
    {
        var set = new TaskSet();
        set.Add(Task.FromException(new InvalidDataException("seen")));

        await Assert.ThrowsAsync<InvalidDataException>(() => set.WhenEmptyAsync());
    }
}

public sealed class LatestValueTests : TestBase
{
    [Fact]
    public async Task Current_AfterSeveralPublications_HasTheNewestAndWaitsForTheNext()
    {
        var latest = new LatestValue<string?>(null);
        var nothing = latest.Current;
        Assert.Null(nothing.Value);
        latest.Publish("a");
        latest.Publish("b");
        await nothing.Superseded.WaitAsync(TimeoutToken);

        var current = latest.Current;
        Assert.Equal("b", current.Value);
        Assert.False(current.Superseded.IsCompleted);
        latest.Publish("c");
        await current.Superseded.WaitAsync(TimeoutToken);
    }
}
