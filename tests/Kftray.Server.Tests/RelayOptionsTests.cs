using System.Net;

namespace Kftray.Relay.Tests;

/// <summary>What the environment may say.</summary>
public sealed class RelayOptionsTests
{
    private readonly Dictionary<string, string> _environment = new()
    {
        ["LOCAL_PORT"] = "5000", ["REMOTE_ADDRESS"] = "dns.shop.svc", ["REMOTE_PORT"] = "53", ["PROXY_TYPE"] = "udp",
    };

    [Fact]
    public void Environment_OfOldRelays_IsEnough()
    {
        var options = RelayOptions.Read(_environment.GetValueOrDefault, out var problems);

        Assert.Empty(problems);
        Assert.Equal(
            new RelayOptions { ProxyType = ProxyType.Udp, LocalPort = 5000, RemoteAddress = "dns.shop.svc", RemotePort = 53 },
            options);
        Assert.Null(options!.ListenAddress);
        Assert.Equal((40787, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(2), 4096), (options.ControlPort, options.IdleExit, options.FlowIdle, options.MaxFlows));
        Assert.Equal(IPAddress.Loopback, options.ControlAddress);
    }

    [Theory]
    [InlineData("LOCAL_PORT", "")]
    [InlineData("LOCAL_PORT", "65536")]
    [InlineData("LOCAL_PORT", "http")]
    [InlineData("REMOTE_PORT", "0")]
    [InlineData("REMOTE_PORT", "-1")]
    [InlineData("REMOTE_ADDRESS", "")]
    [InlineData("REMOTE_ADDRESS", "two words")]
    [InlineData("PROXY_TYPE", "sctp")]
    [InlineData("LISTEN_ADDRESS", "localhost")]
    [InlineData("CONTROL_PORT", "x")]
    [InlineData("IDLE_EXIT_SECONDS", "-5")]
    [InlineData("FLOW_IDLE_SECONDS", "0")]
    [InlineData("MAX_FLOWS", "0")]
    [InlineData("CONNECT_TIMEOUT_SECONDS", "0")]
    public void Environment_WithAWrongValue_IsRefusedByName(string name, string value)
    {
        _environment[name] = value;

        Assert.Null(RelayOptions.Read(_environment.GetValueOrDefault, out var problems));
        Assert.StartsWith($"{name} must be ", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Environment_WithNothing_SaysAllThatIsMissing()
    {
        Assert.Null(RelayOptions.Read(_ => null, out var problems));
        Assert.Equal(4, problems.Count);
    }

    [Theory]
    [InlineData("127.0.0.7", "127.0.0.7")]
    [InlineData("::1", "::1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("10.1.2.3", "127.0.0.1")]
    public void ControlPort_WhateverTheListenAddress_IsOnLoopback(string listen, string control)
    {
        _environment["LISTEN_ADDRESS"] = listen;

        Assert.Equal(IPAddress.Parse(control), RelayOptions.Read(_environment.GetValueOrDefault, out _)!.ControlAddress);
    }

    [Fact]
    public void RemoteAddress_OfIPv6InBrackets_IsTaken()
    {
        _environment["REMOTE_ADDRESS"] = "[fd00::1]";

        Assert.Equal("fd00::1", RelayOptions.Read(_environment.GetValueOrDefault, out _)!.RemoteAddress);
    }
}
