using Kftray.Sidecar.Diagnostics;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>The tokens of one user in a kubeconfig file, read and replaced under the lock that kubectl uses too.</summary>
internal sealed class OidcTokenStore(OidcConfig config, TimeProvider time, ILogger logger)
{
    /// <summary>kubectl holds its lock for the time of a write, another sidecar for that of a request.</summary>
    internal static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits for the lock. Whose it is for longer than that has died: the tokens are read then, and not written.</summary>
    public async Task<OpenFile> OpenAsync(CancellationToken cancellationToken)
    {
        var isLocked = await LockAsync(cancellationToken);
        return new(this, isLocked, Read());
    }

    private ILogger Logger => logger;

    private string User => config.UserName;

    // client-go/tools/clientcmd: a file beside it with this name, which must not exist before.
    private string LockFile => config.File + ".lock";

    private async Task<bool> LockAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await new FileStream(LockFile, FileMode.CreateNew, FileAccess.Write).DisposeAsync();
                return true;
            }
            catch (IOException) when (File.Exists(LockFile) && time.GetElapsedTime(began) < LockPatience)
            {
                await Task.Delay(LockPoll, time, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A folder that cannot be written to, or a lock that somebody has left.
                return false;
            }
        }
    }

    public OidcStoredTokens Read()
    {
        try
        {
            var values = KubeconfigEdit.ProviderOf(KubeconfigYaml.Parse(config.File, File.ReadAllText(config.File)), config.UserName);
            return new(values?.ReadableText(OidcConfig.IdTokenKey), values?.ReadableText(OidcConfig.RefreshTokenKey));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ForwardException)
        {
            // Gone or half written: what was read before stands.
            return new(null, null);
        }
    }

    private async Task<bool> WriteAsync(OidcTokens tokens)
    {
        try
        {
            var changes = new Dictionary<string, string> { [OidcConfig.IdTokenKey] = tokens.IdToken };
            if (tokens.RefreshToken is { } next)
                changes[OidcConfig.RefreshTokenKey] = next;
            var text = KubeconfigEdit.SetProviderValues(config.File, await File.ReadAllTextAsync(config.File), config.UserName, changes);
            await AtomicFile.ReplaceAsync(config.File, text);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ForwardException)
        {
            OidcLog.NotSaved(logger, config.UserName, config.File, e is ForwardException forward ? forward.Fault.Message : e.GetType().Name);
            return false;
        }
    }

    /// <summary>The tokens as they are while nobody else may change them.</summary>
    internal sealed class OpenFile(OidcTokenStore store, bool isLocked, OidcStoredTokens tokens) : IAsyncDisposable
    {
        public OidcStoredTokens Tokens => tokens;

        /// <returns>False when the file could not be written: the tokens last as long as this process then.</returns>
        public async Task<bool> SaveAsync(OidcTokens tokens)
        {
            if (isLocked)
                return await store.WriteAsync(tokens);
            OidcLog.NotSaved(store.Logger, store.User, store.LockFile, "this file is there already, or cannot be made");
            return false;
        }

        public ValueTask DisposeAsync()
        {
            if (isLocked)
                File.Delete(store.LockFile);
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>What a kubeconfig has. No record: nothing prints it.</summary>
internal sealed class OidcStoredTokens(string? idToken, string? refreshToken)
{
    public string? IdToken => idToken;

    public string? RefreshToken => refreshToken;
}

internal static partial class OidcLog
{
    [LoggerMessage(EventIds.CredentialNotSaved, LogLevel.Warning,
        "The new tokens of user {User} are not written to {File}, and last as long as this process: {Reason}")]
    public static partial void NotSaved(ILogger logger, string user, string file, string reason);
}
