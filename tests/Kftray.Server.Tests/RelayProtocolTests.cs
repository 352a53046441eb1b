using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Kftray.Relay.Tests;

/// <summary>The protocol's codec, which relay and sidecar share.</summary>
public sealed class RelayProtocolTests
{
    [Theory]
    [InlineData(RelayKind.Heartbeat, 1)]
    [InlineData(RelayKind.Tcp, 2)]
    [InlineData(RelayKind.Udp, 3)]
    internal void Hello_OfEachKind_IsTheseBytes(RelayKind kind, byte code)
    {
        var hello = new byte[RelayProtocol.HelloLength];
        RelayProtocol.WriteHello(hello, kind);

        Assert.Equal([(byte)'K', (byte)'F', (byte)'T', (byte)'R', (byte)'A', (byte)'Y', 1, code], hello);
        Assert.True(RelayProtocol.TryReadHello(hello, out var read));
        Assert.Equal(kind, read);
    }

    [Theory]
    [InlineData("KFTRAY\u0002\u0003")]
    [InlineData("KFTRAY\u0001\u0000")]
    [InlineData("KFTRAY\u0001\u0004")]
    [InlineData("kftray\u0001\u0003")]
    [InlineData("GET / HT")]
    public void Hello_OfAnotherProtocol_IsRefused(string bytes) => Assert.False(RelayProtocol.TryReadHello(Encoding.ASCII.GetBytes(bytes), out _));

    [Fact]
    public void Status_WithAnyText_IsReadAsItWasWrittenAsFarAsItFits() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<NonNull<string>>(),
        text =>
        {
            var bytes = new byte[RelayProtocol.MaxStatusLength];
            var length = RelayProtocol.WriteStatus(bytes, RelayStatus.Refused, text.Get);
            var readable = RelayProtocol.TryReadStatusHeader(bytes, out var status, out var textLength);
            var read = Encoding.UTF8.GetString(bytes, RelayProtocol.StatusHeaderLength, textLength);
            // Lone surrogates have no UTF-8.
            var meant = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get));
            return readable && status == RelayStatus.Refused && length == RelayProtocol.StatusHeaderLength + textLength
                && (read == meant || (textLength > RelayProtocol.MaxStatusTextLength - 4 && meant.StartsWith(read, StringComparison.Ordinal)));
        }));

    [Theory]
    [InlineData(1024, 'x', 1024)]
    [InlineData(2000, 'x', 1024)]
    [InlineData(2000, '€', 1023)]
    public void Status_WithALongText_EndsWithAWholeCharacter(int characters, char character, int length)
    {
        var bytes = new byte[RelayProtocol.MaxStatusLength];
        RelayProtocol.WriteStatus(bytes, RelayStatus.Internal, new string(character, characters));

        Assert.True(RelayProtocol.TryReadStatusHeader(bytes, out _, out var read));
        Assert.Equal(length, read);
    }

    [Fact]
    public void Status_WithALongerTextThanAllowed_IsRefused() => Assert.False(RelayProtocol.TryReadStatusHeader([2, 4, 1], out _, out _));

    [Theory]
    [InlineData(0u, RelayFrameKind.Datagram, 0)]
    [InlineData(65_507u, RelayFrameKind.Datagram, 65_507)]
    [InlineData(65_508u, RelayFrameKind.Violation, 65_508)]
    [InlineData(0x7FFF_FFFFu, RelayFrameKind.Violation, 0x7FFF_FFFF)]
    [InlineData(0x8000_0000u, RelayFrameKind.Violation, 0)]
    [InlineData(0x8000_0003u, RelayFrameKind.Control, 3)]
    [InlineData(0x8000_0403u, RelayFrameKind.Control, 1027)]
    [InlineData(0x8000_0404u, RelayFrameKind.Violation, 1028)]
    [InlineData(0xFFFF_FFFFu, RelayFrameKind.Violation, 0x7FFF_FFFF)]
    internal void FrameHeader_OfEachRange_SaysWhatFollows(uint header, RelayFrameKind kind, int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, header);

        Assert.Equal(kind, RelayProtocol.ReadFrameHeader(bytes, out var read));
        Assert.Equal(length, read);
    }

    [Fact]
    public void ControlFrame_WithAText_IsReadAsOne()
    {
        var bytes = new byte[RelayProtocol.FrameHeaderLength + RelayProtocol.MaxStatusLength];
        var length = RelayProtocol.WriteControlFrame(bytes, RelayStatus.Unreachable, "no way");

        Assert.Equal(RelayFrameKind.Control, RelayProtocol.ReadFrameHeader(bytes, out var announced));
        Assert.Equal(length, RelayProtocol.FrameHeaderLength + announced);
        Assert.True(RelayProtocol.TryReadStatusHeader(bytes.AsSpan(4), out var status, out var text));
        Assert.Equal((RelayStatus.Unreachable, "no way"), (status, Encoding.UTF8.GetString(bytes, 7, text)));
    }
}
