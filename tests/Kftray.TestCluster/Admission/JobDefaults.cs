using System.Text.Json.Nodes;
using Kftray.Testing.Http;
using Kftray.Testing.Store;

namespace Kftray.Testing.Admission;

/// <summary>What the API server checks and fills in on a new job.</summary>
internal static class JobDefaults
{
    /// <exception cref="ApiException">422.</exception>
    public static void Apply(ResourceKind kind, JsonObject job)
    {
        var spec = job.Child("spec");
        var template = spec.Child("template");
        if (template.Text("spec", "restartPolicy") is not ("Never" or "OnFailure"))
        {
            throw ApiException.Invalid(
                kind, job.Text("metadata", "name")!, "spec.template.spec.restartPolicy", "Required value: valid values: \"OnFailure\", \"Never\"");
        }

        spec["parallelism"] ??= 1;
        spec["completions"] ??= 1;
        spec["backoffLimit"] ??= 6;
        spec["completionMode"] ??= "NonIndexed";
        spec["suspend"] ??= false;
        spec["podReplacementPolicy"] ??= "TerminatingOrFailed";
        var (name, uid) = (job.Text("metadata", "name"), job.Text("metadata", "uid"));
        spec["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["batch.kubernetes.io/controller-uid"] = uid } };
        // Each label twice: the short names are the old ones, and tools still look for them.
        var labels = template.Metadata().Child("labels");
        foreach (var prefix in (string[])["batch.kubernetes.io/", ""])
        {
            labels[$"{prefix}controller-uid"] = uid;
            labels[$"{prefix}job-name"] = name;
        }

        job["status"] = new JsonObject();
    }
}
