using Kftray.Sidecar.Contract;
using Spectre.Console;

namespace Kftray.Sidecar.CommandLine;

/// <summary>A table that is redrawn in place, for a person's screen.</summary>
internal sealed class LiveTableView(IAnsiConsole console) : IForwardView
{
    private readonly Dictionary<string, ForwardSnapshot> _forwards = [];
    private readonly List<string> _order = [];

    public Task ShowAsync(IAsyncEnumerable<ForwardSnapshot> changes) =>
        console.Live(Draw()).StartAsync(async screen =>
        {
            await foreach (var forward in changes)
            {
                if (!_forwards.ContainsKey(forward.Id))
                    _order.Add(forward.Id);
                _forwards[forward.Id] = forward;
                screen.UpdateTarget(Draw());
            }
        });

    private Table Draw()
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("Alias", "Local address", "Target", "State", "Traffic");
        table.Caption = new TableTitle("Ctrl+C ends all forwards");
        foreach (var forward in _order.Select(id => _forwards[id]))
        {
            table.AddRow(
                new Text(forward.Alias),
                new Text(ForwardText.LocalAddress(forward)),
                new Text(forward.Target),
                State(forward),
                new Text(ForwardText.Traffic(forward.Traffic)));
        }

        return table;
    }

    private static Paragraph State(ForwardSnapshot forward)
    {
        var state = new Paragraph(ForwardText.Status(forward), new Style(forward.Status switch
        {
            ForwardStatus.Active => Color.Green,
            ForwardStatus.Starting or ForwardStatus.Reconnecting => Color.Yellow,
            ForwardStatus.Failed or ForwardStatus.Blocked => Color.Red,
            _ => Color.Grey,
        }));
        return ForwardText.Trouble(forward) is { Length: > 0 } trouble ? state.Append($"\n{trouble}") : state;
    }
}
