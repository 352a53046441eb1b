using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// Changes single values in the text of a kubeconfig and nothing else: comments, order and layout stay, where kubectl would write the whole file anew.
/// </summary>
internal static class KubeconfigEdit
{
    /// <summary>The <c>config</c> of a user's auth-provider; null when there is none.</summary>
    public static KubeconfigYaml? ProviderOf(KubeconfigYaml root, string user) => root.ReadableMaps("users")
        .FirstOrDefault(entry => entry.ReadableText("name") == user)?.Map("user")?.Map("auth-provider")?.Map("config");

    /// <exception cref="ForwardException">There is no such user in the text, or it is written in a way that cannot be changed safely.</exception>
    public static string SetProviderValues(string file, string text, string user, IReadOnlyDictionary<string, string> values)
    {
        var root = KubeconfigYaml.Parse(file, text);
        var provider = ProviderOf(root, user) ?? throw CannotChange(file, user);
        // From the end, so that the places before stay where they are.
        var edits = values.Select(pair => (Place: provider.Place(pair.Key), pair.Key, pair.Value)).ToArray();
        var changed = text;
        foreach (var (place, _, value) in edits.Where(edit => edit.Place is not null).OrderByDescending(edit => edit.Place!.Value.Start.Value))
            changed = changed[..place!.Value.Start] + Quote(value) + changed[place.Value.End..];
        foreach (var (_, key, value) in edits.Where(edit => edit.Place is null))
            changed = Insert(changed, KubeconfigEdit.ProviderOf(KubeconfigYaml.Parse(file, changed), user)!, key, value);

        Verify(file, user, root, changed, values);
        return changed;
    }

    private static string Insert(string text, KubeconfigYaml map, string key, string value)
    {
        var begin = map.Begin;
        if (map.IsFlow)
            return text.Insert(begin, $"{Quote(key)}: {Quote(value)}, ");
        var lineStart = text.LastIndexOf('\n', Math.Max(begin - 1, 0)) + 1;
        return text.Insert(begin, $"{key}: {Quote(value)}\n{new string(' ', begin - lineStart)}");
    }

    /// <summary>A YAML text has many faces; whether this one was understood is looked at before anything is written.</summary>
    private static void Verify(string file, string user, KubeconfigYaml before, string text, IReadOnlyDictionary<string, string> values)
    {
        var after = KubeconfigYaml.Parse(file, text);
        var provider = ProviderOf(after, user);
        var isRight = provider is not null
            && values.All(pair => provider.ReadableText(pair.Key) == pair.Value)
            && WithoutProvider(before, user).SequenceEqual(WithoutProvider(after, user));
        if (!isRight)
            throw CannotChange(file, user);
    }

    /// <summary>All that must stay as it is.</summary>
    private static IEnumerable<string> WithoutProvider(KubeconfigYaml root, string user)
    {
        foreach (var list in (string[])["clusters", "contexts"])
        {
            foreach (var entry in root.ReadableMaps(list))
                yield return entry.ToJson();
        }

        foreach (var entry in root.ReadableMaps("users"))
            yield return entry.ReadableText("name") == user ? user : entry.ToJson();
        yield return root.ReadableText("current-context") ?? "";
    }

    private static string Quote(string value) => $"\"{JsonEncodedText.Encode(value)}\"";

    private static ForwardException CannotChange(string file, string user) => new(new(FaultKind.KubeconfigInvalid,
        $"The tokens of user '{user}' cannot be replaced in {file}.", "The file may have been rewritten meanwhile."));
}
