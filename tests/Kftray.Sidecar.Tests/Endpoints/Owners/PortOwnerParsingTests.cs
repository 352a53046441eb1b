using System.Buffers.Binary;
using System.Net;
using Kftray.Sidecar.Endpoints.Owners;
using Xunit;

namespace Kftray.Sidecar.Tests.Endpoints.Owners;

/// <summary>What the three systems print, read on any of them.</summary>
public sealed class PortOwnerParsingTests
{
    private const string Tcp = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 0000000000000000 100 0 0 10 0
           1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
           2: 0100007F:18EB 0100007F:C3A4 01 00000000:00000000 00:00000000 00000000  1000        0 555 1 0000000000000000 20 4 30 10 -1
        """;

    private const string Tcp6 = """
          sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 00000000000000000000000001000000:18EB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 99 1 0000000000000000 100 0 0 10 0
        """;

    [Fact]
    public void ProcNet_Tcp_GivesListenersOfThePortOnly()
    {
        Assert.Equal([(IPAddress.Loopback, 31337L)], ProcNet.Listeners(Tcp, 6379, onlyListening: true));
        Assert.Equal([(IPAddress.Any, 4711L)], ProcNet.Listeners(Tcp, 8080, onlyListening: true));
        Assert.Empty(ProcNet.Listeners(Tcp, 80, onlyListening: true));
    }

    [Fact]
    public void ProcNet_Tcp6_ReadsTheAddressByWords() =>
        Assert.Equal([(IPAddress.IPv6Loopback, 99L)], ProcNet.Listeners(Tcp6, 6379, onlyListening: true));

    [Theory]
    [InlineData("")]
    [InlineData("header\nrubbish\n 0: zz:18EB 0:0 0A\n 1: 0100007F:XYZ 0 0A 0 0 0 0 0 1\n")]
    public void ProcNet_WhatIsNoTable_GivesNothing(string table) => Assert.Empty(ProcNet.Listeners(table, 6379, onlyListening: true));

    [Fact]
    public void Lsof_Fields_GiveProcessesWithTheirAddresses()
    {
        const string output = "p812\ncredis-server\nf6\nn127.0.0.1:6379\nf7\nn[::1]:6379\np99\nccom.docker.back\nf10\nn*:6379\nf11\nn127.0.0.1:6379->127.0.0.1:50000\n";

        Assert.Equal(
            [(IPAddress.Loopback, 812, "redis-server"), (IPAddress.IPv6Loopback, 812, "redis-server"), (IPAddress.Any, 99, "com.docker.back")],
            LsofOutput.Parse(output, 6379));
    }

    [Theory]
    [InlineData("")]
    [InlineData("n127.0.0.1:6379\n")]
    [InlineData("p1\ncx\nnsocket\n")]
    public void Lsof_WithoutProcessOrAddress_GivesNothing(string output) => Assert.Empty(LsofOutput.Parse(output, 6379));

    [Fact]
    public void SocketTable_Tcp4_GivesOwnersOfThePort()
    {
        var table = Table(24, 2, (row, i) =>
        {
            BinaryPrimitives.WriteInt32LittleEndian(row, 2);
            IPAddress.Parse(i == 0 ? "127.0.0.1" : "0.0.0.0").GetAddressBytes().CopyTo(row[4..]);
            BinaryPrimitives.WriteUInt16BigEndian(row[8..], (ushort)(i == 0 ? 6379 : 8080));
            BinaryPrimitives.WriteInt32LittleEndian(row[20..], 1000 + i);
        });

        Assert.Equal([(IPAddress.Loopback, 1000)], SocketTable.Listeners(table, SocketTable.Layout.Tcp4, 6379));
        Assert.Equal([(IPAddress.Any, 1001)], SocketTable.Listeners(table, SocketTable.Layout.Tcp4, 8080));
    }

    [Fact]
    public void SocketTable_Tcp6_GivesOwnersOfThePort()
    {
        var table = Table(56, 1, (row, _) =>
        {
            IPAddress.IPv6Loopback.GetAddressBytes().CopyTo(row);
            BinaryPrimitives.WriteUInt16BigEndian(row[20..], 6379);
            BinaryPrimitives.WriteInt32LittleEndian(row[52..], 77);
        });

        Assert.Equal([(IPAddress.IPv6Loopback, 77)], SocketTable.Listeners(table, SocketTable.Layout.Tcp6, 6379));
    }

    [Fact]
    public void SocketTable_Udp_GivesOwnersOfThePort()
    {
        var table = Table(12, 1, (row, _) =>
        {
            BinaryPrimitives.WriteUInt16BigEndian(row[4..], 53);
            BinaryPrimitives.WriteInt32LittleEndian(row[8..], 5);
        });

        Assert.Equal([(IPAddress.Any, 5)], SocketTable.Listeners(table, SocketTable.Layout.Udp4, 53));
    }

    [Fact]
    public void SocketTable_ShorterThanItSays_IsReadAsFarAsItGoes()
    {
        var table = Table(24, 1, (row, _) => BinaryPrimitives.WriteUInt16BigEndian(row[8..], 1));
        BinaryPrimitives.WriteInt32LittleEndian(table, 9);

        Assert.Single(SocketTable.Listeners(table, SocketTable.Layout.Tcp4, 1));
        Assert.Empty(SocketTable.Listeners(table.AsSpan(0, 20), SocketTable.Layout.Tcp4, 1));
        Assert.Empty(SocketTable.Listeners([], SocketTable.Layout.Tcp4, 1));
    }

    [Fact]
    public void Netsh_InAnyLanguage_GivesTheRanges()
    {
        const string output = """

            Ausgeschlossene Portbereiche des Protokolls tcp

            Startport    Endport
            ----------    --------
                 50000       50059     *
                 54321       54420

            * - Verwaltete Portausschlüsse.
            """;

        Assert.Equal([new PortRange(50000, 50059), new PortRange(54321, 54420)], ExcludedPortRanges.Parse(output));
    }

    private static byte[] Table(int rowSize, int rows, FillRow fill)
    {
        var table = new byte[4 + (rowSize * rows)];
        BinaryPrimitives.WriteInt32LittleEndian(table, rows);
        for (var i = 0; i < rows; i++)
            fill(table.AsSpan(4 + (i * rowSize), rowSize), i);
        return table;
    }

    private delegate void FillRow(Span<byte> row, int index);
}
