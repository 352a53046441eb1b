using System.Net.Http.Headers;
using Kftray.Sidecar.Kubernetes.Examination;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes.Examination;

public sealed class TokenExpiryTests
{
    [Theory]
    [InlineData("Bearer", "eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDAwMDAwMDB9.c2ln", 1000000000L)]
    [InlineData("Bearer", "eyJhbGciOiJub25lIn0.e30.c2ln", null)]
    [InlineData("Bearer", "a.!.c", null)]
    [InlineData("Bearer", "a.W10.c", null)]
    [InlineData("Bearer", "opaque", null)]
    [InlineData("Basic", "eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDAwMDAwMDB9.c2ln", null)]
    public void Of_AToken_IsWhatItSays(string scheme, string token, long? seconds) =>
        Assert.Equal(seconds, TokenExpiry.Of(new AuthenticationHeaderValue(scheme, token))?.ToUnixTimeSeconds());

    [Fact]
    public void Of_NoToken_IsUnknown() => Assert.Null(TokenExpiry.Of(null));
}
