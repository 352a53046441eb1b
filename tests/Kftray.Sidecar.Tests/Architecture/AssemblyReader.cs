using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Kftray.Sidecar.Tests.Architecture;

/// <summary>Which types the compiled code of a namespace mentions: in signatures, fields, bases, attributes and in the bodies of its methods.</summary>
internal sealed class AssemblyReader : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _metadata;

    public AssemblyReader(string path)
    {
        _file = new PEReader(File.OpenRead(path));
        _metadata = _file.GetMetadataReader();
    }

    /// <summary>Full names of the types mentioned, by the full name of the top-level type that mentions them.</summary>
    public IEnumerable<(string From, string To)> References()
    {
        foreach (var handle in _metadata.TypeDefinitions)
        {
            var from = NameOf(handle);
            foreach (var to in MentionedBy(_metadata.GetTypeDefinition(handle)).Distinct())
                yield return (from, to);
        }
    }

    public void Dispose() => _file.Dispose();

    private List<string> MentionedBy(TypeDefinition type)
    {
        var names = new SignatureNames(_metadata, NameOf);
        var found = new List<string>();
        AddToken(type.BaseType);
        foreach (var handle in type.GetInterfaceImplementations())
            AddToken(_metadata.GetInterfaceImplementation(handle).Interface);
        foreach (var handle in type.GetFields())
            found.AddRange(_metadata.GetFieldDefinition(handle).DecodeSignature(names, null));
        foreach (var handle in type.GetMethods())
        {
            var method = _metadata.GetMethodDefinition(handle);
            var signature = method.DecodeSignature(names, null);
            found.AddRange([.. signature.ReturnType, .. signature.ParameterTypes.SelectMany(parameter => parameter)]);
            if (method.RelativeVirtualAddress == 0)
                continue;
            var body = _file.GetMethodBody(method.RelativeVirtualAddress);
            if (!body.LocalSignature.IsNil)
                found.AddRange(_metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(names, null).SelectMany(local => local));
            foreach (var token in InstructionTokens.In(body.GetILBytes()!))
                AddToken(token);
        }

        return found;

        void AddToken(EntityHandle handle) => found.AddRange(names.Of(handle));
    }

    /// <summary>A nested type (also what the compiler makes of lambdas and async methods) counts as the top-level type it belongs to.</summary>
    private string NameOf(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil)
            type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        return $"{_metadata.GetString(type.Namespace)}.{_metadata.GetString(type.Name)}";
    }
}
