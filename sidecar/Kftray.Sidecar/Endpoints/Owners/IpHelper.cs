using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Endpoints.Owners;

/// <summary>The calls into Windows. https://learn.microsoft.com/windows/win32/api/iphlpapi/nf-iphlpapi-getextendedtcptable</summary>
[SupportedOSPlatform("windows")]
internal static class IpHelper
{
    private const int Ipv4 = 2;
    private const int Ipv6 = 23;
    private const int TcpListenersWithOwner = 3;
    private const int UdpWithOwner = 1;
    private const int InsufficientBuffer = 122;

    private delegate int Query(byte[]? table, ref int size, int family);

    /// <summary>The tables of both address families.</summary>
    public static IEnumerable<(byte[] Rows, SocketTable.Layout Layout)> Tables(ForwardProtocol protocol) => protocol == ForwardProtocol.Tcp
        ? [(Read(TcpTable, Ipv4), SocketTable.Layout.Tcp4), (Read(TcpTable, Ipv6), SocketTable.Layout.Tcp6)]
        : [(Read(UdpTable, Ipv4), SocketTable.Layout.Udp4), (Read(UdpTable, Ipv6), SocketTable.Layout.Udp6)];

    private static byte[] Read(Query query, int family)
    {
        var size = 0;
        byte[]? table = null;
        // The table may grow between the question for its size and the one for its rows.
        for (var attempt = 0; attempt < 5; attempt++)
        {
            var result = query(table, ref size, family);
            if (result == 0)
                return table ?? [];
            if (result != InsufficientBuffer)
                break;
            table = new byte[size];
        }

        return [];
    }

    private static int TcpTable(byte[]? table, ref int size, int family) => GetExtendedTcpTable(table, ref size, 0, family, TcpListenersWithOwner, 0);

    private static int UdpTable(byte[]? table, ref int size, int family) => GetExtendedUdpTable(table, ref size, 0, family, UdpWithOwner, 0);

    [DllImport("iphlpapi.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetExtendedTcpTable(byte[]? table, ref int size, int ordered, int family, int tableClass, int reserved);

    [DllImport("iphlpapi.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetExtendedUdpTable(byte[]? table, ref int size, int ordered, int family, int tableClass, int reserved);
}

/// <summary>The command line of another process, which .NET does not tell.</summary>
[SupportedOSPlatform("windows")]
internal static class WindowsCommandLine
{
    private const int QueryLimitedInformation = 0x1000;
    // ProcessCommandLineInformation: a UNICODE_STRING (length, capacity, pointer) with its characters behind it.
    private const int CommandLineInformation = 60;
    private const int MaxBytes = 64 * 1024;

    /// <returns>Null when the process may not be looked at.</returns>
    public static string? Of(int processId)
    {
        var process = OpenProcess(QueryLimitedInformation, 0, processId);
        if (process == 0)
            return null;
        var buffer = Marshal.AllocHGlobal(MaxBytes);
        try
        {
            return NtQueryInformationProcess(process, CommandLineInformation, buffer, MaxBytes, out _) == 0
                ? Marshal.PtrToStringUni(Marshal.ReadIntPtr(buffer, nint.Size), (ushort)Marshal.ReadInt16(buffer) / 2)
                : null;
        }
        finally
        {
            Marshal.FreeHGlobal(buffer);
            _ = CloseHandle(process);
        }
    }

    [DllImport("kernel32.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern nint OpenProcess(int access, int inherit, int processId);

    [DllImport("kernel32.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int CloseHandle(nint handle);

    [DllImport("ntdll.dll", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int NtQueryInformationProcess(nint process, int informationClass, nint buffer, int length, out int needed);
}
