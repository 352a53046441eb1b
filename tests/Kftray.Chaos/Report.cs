using System.Globalization;
using System.Text;
using Kftray.Chaos.Judging;
using Kftray.Chaos.Subjects;

namespace Kftray.Chaos;

/// <summary>A run as a table in Markdown.</summary>
internal static class Report
{
    public static string Markdown(ChaosResult result)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Seed {result.Settings.Seed}, {result.Settings.Length.TotalMinutes:0.#} minutes, {result.Faults} faults in three clusters.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"| | {string.Join(" | ", result.Subjects.Select(subject => subject.Name))} |\n|---|{string.Concat(result.Subjects.Select(_ => "--:|"))}\n");
        Row("forwards", subject => Number(subject.Routes.Count));
        Row("connections", subject => Number(subject.Judge.Tally.Connections));
        Row("data that came back and was checked, MiB", subject => Number(subject.Judge.Tally.Bytes / 1024 / 1024));
        Row("failed: refused or reset, and no pod had accepted", subject => Number(subject.Judge.Tally.Failed));
        Row("… although a target was ready", subject => Number(subject.Judge.Tally.FailedAlthoughReady));
        Row("… because the path broke under what had been sent", subject => Number(subject.Judge.Tally.FailedUnderWay));
        Row("… before 30 s were over, with nothing of that kind", subject => Of(subject, Number(subject.Judge.Tally.NotHeld)));
        Row("held, longest, s", subject => (subject.Judge.Tally.Longest / 1000.0).ToString("0.0", CultureInfo.InvariantCulture));
        Row("lost: served, then ended with pod and path intact", subject => Number(subject.Judge.Tally.Lost));
        Row("ended with their pod or path", subject => Number(subject.Judge.Tally.Ended));
        Row("with wrong bytes", subject => Number(subject.Judge.Tally.Corrupt));
        Row("answered by a cluster that was not meant", subject => Number(subject.Judge.Tally.WrongCluster));
        Row("target ready → first connection served, p50 / p99, ms", subject =>
            $"{Percentile(subject.Judge.Tally.ReadyToServed, 0.5)} / {Percentile(subject.Judge.Tally.ReadyToServed, 0.99)}");
        Row("rows that lied for more than 15 s", subject => Of(subject, Number(result.Violations.Count(violation => violation.Kind == "state that lied"))));
        Row("process restarts", subject => subject is KubectlSubject kubectl ? Number(kubectl.Restarts) : "0");
        Row("file descriptors, before → after", subject => Of(subject, $"{result.Before.Descriptors} → {result.After.Descriptors}"));
        Row("threads, before → after", subject => Of(subject, $"{result.Before.Threads} → {result.After.Threads}"));
        Row("resident memory, before → after, MiB", subject => Of(subject, $"{result.Before.ResidentMiB:0} → {result.After.ResidentMiB:0}"));
        if (result.Memory is { Early: { } early, Late: { } late })
            Row("resident memory under load, second → last quarter, MiB", subject => Of(subject, $"{early:0} → {late:0}"));
        Row("ended after a signal within, ms", subject => Of(subject, result.Stopped is { } stopped ? Number((int)stopped.TotalMilliseconds) : "never"));
        return text.ToString();

        void Row(string name, Func<ISubject, string> cell) =>
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {string.Join(" | ", result.Subjects.Select(cell))} |\n");
    }

    // What is known of the sidecar only.
    private static string Of(ISubject subject, string cell) => subject is SidecarSubject ? cell : "";

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Percentile(List<double> values, double share) => values.Count == 0
        ? "–"
        : Number((long)values.Order().ElementAt(Math.Clamp((int)Math.Ceiling(share * values.Count) - 1, 0, values.Count - 1)));
}
