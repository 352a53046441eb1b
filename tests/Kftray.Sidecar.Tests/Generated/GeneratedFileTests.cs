using Xunit;

namespace Kftray.Sidecar.Tests.Generated;

public sealed class GeneratedFileTests
{
    [Fact]
    public void ProtocolTypes_InTheExtension_AreCurrent() =>
        GeneratedFile.AssertCurrent("extension/src/sidecar/protocol.generated.ts", TypeScriptGenerator.Generate());

    [Fact]
    public void Troubleshooting_InTheReadme_IsCurrent() => GeneratedFile.AssertCurrent(
        "README.md", TroubleshootingChapter.InsertInto(File.ReadAllText(Path.Combine(GeneratedFile.RepositoryRoot, "README.md"))));

    [Fact]
    public void ConfigSchema_InTheExtension_IsCurrent() =>
        GeneratedFile.AssertCurrent("extension/schemas/kftray.schema.json", JsonSchemaGenerator.Generate(isLocal: false));

    [Fact]
    public void LocalConfigSchema_InTheExtension_IsCurrent() =>
        GeneratedFile.AssertCurrent("extension/schemas/kftray.local.schema.json", JsonSchemaGenerator.Generate(isLocal: true));
}
