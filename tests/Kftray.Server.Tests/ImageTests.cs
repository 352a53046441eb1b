using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Kftray.Relay.Tests;

/// <summary>The image's archive: laid out as engines expect it, and the relay runs from its root and finds names there.</summary>
public sealed class ImageTests : RelayTest
{
    private const int Megabyte = 1_000_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("kftray-image-").FullName;

    [Fact]
    public void Archive_EachBlob_IsWhatItsNameSays()
    {
        Unpack();
        Assert.Equal("1.0.0", Json("oci-layout")["imageLayoutVersion"]!.GetValue<string>());
        var index = Assert.Single(Json("index.json")["manifests"]!.AsArray())!;
        var manifest = Json(Blob(index));
        Assert.Equal("linux", index["platform"]!["os"]!.GetValue<string>());
        Blob(manifest["config"]!);
        foreach (var layer in manifest["layers"]!.AsArray())
            Blob(layer!);

        var named = Directory.GetFiles(Path.Combine(_folder, "blobs", "sha256"));
        Assert.Equal(3, named.Length);
        Assert.All(named, file => Assert.Equal(Path.GetFileName(file), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))));
    }

    [Fact]
    public void Archive_ForDocker_NamesTheSameConfigAndLayer()
    {
        var (manifest, _) = Unpack();
        var docker = Assert.Single(Json("manifest.json").AsArray())!;

        Assert.Equal(BlobPath(manifest["config"]!), docker["Config"]!.GetValue<string>());
        Assert.Equal([BlobPath(manifest["layers"]![0]!)], docker["Layers"]!.AsArray().Select(layer => layer!.GetValue<string>()));
        Assert.StartsWith("kftray-server:", Assert.Single(docker["RepoTags"]!.AsArray())!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Config_RunsTheRelay_AsNobodyInParticular()
    {
        var (manifest, config) = Unpack();
        Assert.Equal("65532:65532", config["config"]!["User"]!.GetValue<string>());
        Assert.Equal("/kftray-server", Assert.Single(config["config"]!["Entrypoint"]!.AsArray())!.GetValue<string>());
        Assert.Equal("linux", config["os"]!.GetValue<string>());

        using var layer = OpenLayer(manifest);
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(layer))}";
        Assert.Equal(digest, Assert.Single(config["rootfs"]!["diff_ids"]!.AsArray())!.GetValue<string>());
    }

    [Fact]
    public void Layer_HoldsTheRelayAndItsLibraries_AndNothingElse()
    {
        var (manifest, _) = Unpack();
        using var layer = OpenLayer(manifest);
        using var reader = new TarReader(layer);
        var files = new Dictionary<string, TarEntry>();
        while (reader.GetNextEntry() is { } entry)
        {
            Assert.Equal((0, 0), (entry.Uid, entry.Gid));
            Assert.Equal(default, entry.Mode & (UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite));
            if (entry.EntryType != TarEntryType.Directory)
                files.Add(entry.Name, entry);
        }

        Assert.InRange(files["kftray-server"].Length, 1, 10 * Megabyte);
        Assert.All(files.Keys, name => Assert.Matches(@"^(kftray-server|etc/nsswitch\.conf|(usr/)?lib(64)?/.*\.so(\.\d+)*)$", name));
        Assert.InRange(new FileInfo(Archive()).Length, 1, 10 * Megabyte);
    }

    [Fact]
    public async Task Relay_InItsOwnRoot_FindsNamesAndFollowsAChangedAnswer()
    {
        var root = UnpackRoot();
        var second = NextTo(Address);
        var first = BindUdp(Address);
        var other = BindUdp(second, first.Address.Port);
        var dns = Own(new DnsServer(BindUdp(Address, 53), TimeoutToken)).Start(Address);
        // The kubelet writes these two.
        await File.WriteAllTextAsync(Path.Combine(root, "etc", "resolv.conf"), $"nameserver {Address}\n", TimeoutToken);
        await File.WriteAllTextAsync(Path.Combine(root, "etc", "hosts"), "127.0.0.1 localhost\n", TimeoutToken);
        await RunInRootAsync(root, "queue.shop.svc.cluster.local", first.Address.Port);

        var client = await OpenAsync(RelayKind.Udp);
        await client.SendFrameAsync("one"u8.ToArray());
        await first.SendTextAsync("from the first", await first.ReceiveTextAsync("one"));
        Assert.Equal("from the first"u8.ToArray(), await client.ReadFrameAsync());

        dns.Answer = second;
        // Who asks in the same second is given the answer of before.
        var arrival = other.ReceiveTextAsync("two");
        while (!arrival.IsCompleted)
        {
            var later = await OpenAsync(RelayKind.Udp);
            await later.SendFrameAsync("two"u8.ToArray());
            await Task.WhenAny(arrival, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TimeoutToken));
            TimeoutToken.ThrowIfCancellationRequested();
        }

        await arrival;
    }

    [Fact]
    public async Task Relay_InItsOwnRoot_FindsNamesOfTheHostsFile()
    {
        var root = UnpackRoot();
        var target = BindUdp(Address);
        await File.WriteAllTextAsync(Path.Combine(root, "etc", "hosts"), $"{Address} db\n", TimeoutToken);
        await RunInRootAsync(root, "db", target.Address.Port);
        var client = await OpenAsync(RelayKind.Udp);
        await client.SendFrameAsync("hello"u8.ToArray());

        await target.ReceiveTextAsync("hello");
    }

    protected override void Clean() => Directory.Delete(_folder, recursive: true);

    private static string Archive()
    {
        var archive = Environment.GetEnvironmentVariable("KFTRAY_IMAGE");
        Assert.SkipUnless(archive is { Length: > 0 }, "KFTRAY_IMAGE names no archive: \"npm run image\" makes one.");
        return archive!;
    }

    private static IPAddress NextTo(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        bytes[3] += 128;
        return new IPAddress(bytes);
    }

    private (JsonNode Manifest, JsonNode Config) Unpack()
    {
        TarFile.ExtractToDirectory(Archive(), _folder, overwriteFiles: false);
        var manifest = Json(Blob(Json("index.json")["manifests"]![0]!));
        return (manifest, Json(Blob(manifest["config"]!)));
    }

    private string UnpackRoot()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && OperatingSystem.IsLinux(), "Only root may give a process another root.");
        var (manifest, _) = Unpack();
        var root = Directory.CreateDirectory(Path.Combine(_folder, "root")).FullName;
        using var layer = OpenLayer(manifest);
        TarFile.ExtractToDirectory(layer, root, overwriteFiles: false);
        // The temporary folder is its maker's alone, and the relay is somebody else.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);
        return root;
    }

    private async Task RunInRootAsync(string root, string host, int port)
    {
        var start = new ProcessStartInfo("chroot", ["--userspec=65532:65532", root, "/kftray-server"]);
        start.Environment.Clear();
        Own(await RelayProcess.StartAsync(
            start,
            [("LISTEN_ADDRESS", $"{Address}"), ("LOCAL_PORT", "0"), ("PROXY_TYPE", "udp"), ("REMOTE_ADDRESS", host), ("REMOTE_PORT", $"{port}")],
            TimeoutToken));
    }

    private MemoryStream OpenLayer(JsonNode manifest)
    {
        using var file = File.OpenRead(Path.Combine(_folder, BlobPath(manifest["layers"]![0]!)));
        using var unzip = new GZipStream(file, CompressionMode.Decompress);
        var content = new MemoryStream();
        unzip.CopyTo(content);
        content.Position = 0;
        return content;
    }

    private JsonNode Json(string path) => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, path)))!;

    /// <summary>The file that a descriptor names, if it has the size that it says.</summary>
    private string Blob(JsonNode descriptor)
    {
        var path = BlobPath(descriptor);
        Assert.Equal(descriptor["size"]!.GetValue<long>(), new FileInfo(Path.Combine(_folder, path)).Length);
        return path;
    }

    private static string BlobPath(JsonNode descriptor) => $"blobs/{descriptor["digest"]!.GetValue<string>().Replace(':', '/')}";
}
