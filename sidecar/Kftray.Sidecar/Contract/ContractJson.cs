using System.Text.Json;
using System.Text.Json.Serialization;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace Kftray.Sidecar.Contract;

/// <summary>The serializer of the wire: source-generated, camelCase, enums as words, nulls left out and refused where none belongs.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InitializeParams))]
[JsonSerializable(typeof(InitializeResult))]
[JsonSerializable(typeof(ApplyParams))]
[JsonSerializable(typeof(ApplyResult))]
[JsonSerializable(typeof(ForwardParams))]
[JsonSerializable(typeof(SetLogLevelParams))]
[JsonSerializable(typeof(Diagnosis))]
[JsonSerializable(typeof(BrowseParams))]
[JsonSerializable(typeof(BrowseResult))]
[JsonSerializable(typeof(RelayListParams))]
[JsonSerializable(typeof(RelayListResult))]
[JsonSerializable(typeof(RelayRemoveParams))]
[JsonSerializable(typeof(RelayRemoveResult))]
[JsonSerializable(typeof(ImportParams))]
[JsonSerializable(typeof(TransferResult))]
[JsonSerializable(typeof(ProbePortParams))]
[JsonSerializable(typeof(ProbePortResult))]
[JsonSerializable(typeof(FollowLogParams))]
[JsonSerializable(typeof(FollowLogResult))]
[JsonSerializable(typeof(PodLogParams))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(ForwardsChangedParams))]
[JsonSerializable(typeof(SignInResult))]
[JsonSerializable(typeof(LogParams))]
[JsonSerializable(typeof(Fault))]
// The formatter itself needs these: without CommonErrorData the first error reply would end the process.
[JsonSerializable(typeof(CommonErrorData))]
// …and without RequestId no cancellation would arrive.
[JsonSerializable(typeof(RequestId))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ContractJson : JsonSerializerContext;
