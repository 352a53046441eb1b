using System.Collections.Concurrent;
using System.Globalization;

namespace Kftray.Testing.Faults;

/// <summary>What happens when an image is pulled.</summary>
/// <param name="Image">A part of the image's name; <c>*</c> for every image.</param>
public sealed record ImageFault(string Image)
{
    /// <summary>How long the pull takes.</summary>
    public int DelayMilliseconds { get; init; }

    /// <summary>The runtime's message with which it then fails, again and again; null: it succeeds.</summary>
    public string? Message { get; init; }

    internal bool AppliesTo(string image) => Image == "*" || image.Contains(Image, StringComparison.Ordinal);
}

/// <summary>The images whose pulls are slow or fail. A healed one is pulled at once.</summary>
public sealed class ImageFaults
{
    private readonly ConcurrentDictionary<string, ImageFault> _faults = new();
    private int _lastId;

    internal ImageFaults()
    {
    }

    public IReadOnlyDictionary<string, ImageFault> Active => _faults;

    internal Signal Changed { get; } = new();

    /// <summary>Adds a fault and returns its id.</summary>
    public string Add(ImageFault fault)
    {
        var id = Interlocked.Increment(ref _lastId).ToString(CultureInfo.InvariantCulture);
        _faults[id] = fault;
        Changed.Set();
        return id;
    }

    public void Remove(string id)
    {
        _faults.TryRemove(id, out _);
        Changed.Set();
    }

    public void Clear()
    {
        _faults.Clear();
        Changed.Set();
    }

    internal ImageFault? Find(string image) => _faults.Values.FirstOrDefault(fault => fault.AppliesTo(image));
}
