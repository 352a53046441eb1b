using Xunit;

namespace Kftray.Sidecar.Tests.Generated;

public sealed class GeneratedFileTests
{
    [Fact]
    public void ProtocolTypes_InTheExtension_AreCurrent() =>
        GeneratedFile.AssertCurrent("extension/src/sidecar/protocol.generated.ts", TypeScriptGenerator.Generate());
}
