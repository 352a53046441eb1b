using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>Looks at every key of an object: is it known, is it there once, does its value have the right type and range.</summary>
internal sealed class KeyCheck(string uri, ProblemList problems)
{
    public void Check(ObjectNode node, GroupField group)
    {
        var seen = new HashSet<string>();
        foreach (ConfigMember member in node.Members)
        {
            if (!seen.Add(member.Key))
            {
                Report(member.KeyRange, ProblemSeverity.Warning, ProblemCodes.DuplicateKey, $"{member.Key} is set twice; the last one counts.");
            }

            if (group.Fields.FirstOrDefault(f => f.Name == member.Key) is { } field)
            {
                CheckValue(field, member.Value);
            }
            else if (group.Unused.GetValueOrDefault(member.Key) is { } reason)
            {
                Report(member.KeyRange, ProblemSeverity.Hint, ProblemCodes.UnusedKey, $"{member.Key} is {reason}.",
                    new ProblemFix($"Remove {member.Key}", member.KeyRange, null));
            }
            else
            {
                var near = NearMiss.Find(member.Key, group.Fields.Select(f => f.Name));
                var suggestion = near is null ? "" : $" Did you mean {near}?";
                Report(member.KeyRange, ProblemSeverity.Warning, ProblemCodes.UnknownKey, $"Unknown key {Shown(member.Key)}.{suggestion}",
                    near is null ? null : new ProblemFix($"Change to {near}", member.KeyRange, $"\"{near}\""));
            }
        }
    }

    private void CheckValue(ConfigField field, ConfigNode value)
    {
        if (value.IsAbsent)
            return;

        if (field.Check(value) is { } complaint)
        {
            Report(value.Range, ProblemSeverity.Error, complaint.Code, complaint.Message,
                complaint.Instead is { } instead ? new ProblemFix($"Change to {instead}", value.Range, instead) : null);
        }
        else if (field is GroupField group && value is ObjectNode members)
        {
            Check(members, group);
        }
    }

    private static string Shown(string key) => key.Length <= 64 ? $"\"{key}\"" : $"\"{key[..64]}…\"";

    private void Report(TextRange range, ProblemSeverity severity, string code, string message, ProblemFix? fix = null) =>
        problems.Add(uri, range, severity, code, message, fix);
}
