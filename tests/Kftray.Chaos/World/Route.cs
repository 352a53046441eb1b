namespace Kftray.Chaos.World;

/// <summary>What a client says to the application, and in which order.</summary>
internal enum Conversation
{
    /// <summary>A request and its answer on a connection of its own.</summary>
    Http,

    /// <summary>A connection that lives for long and carries data both ways.</summary>
    Echo,

    /// <summary>The client says nothing before the application has.</summary>
    ServerFirst,

    /// <summary>Many connections at once, each with one short exchange.</summary>
    Burst,
}

/// <summary>An application that runs in every cluster.</summary>
internal sealed record Application(string Name, Conversation Conversation, int Replicas)
{
    public const int ContainerPort = 8080;
    public const int ServicePort = 80;
}

/// <summary>A forward.</summary>
/// <param name="Cluster">Index of the cluster it is pinned to; null: it follows the current context.</param>
internal sealed record Route(string Alias, Application Application, int? Cluster)
{
    /// <summary>By the label of its pods instead of by its Service.</summary>
    public bool BySelector { get; init; }

    /// <summary>New connections go round all ready pods.</summary>
    public bool Spread { get; init; }
}
