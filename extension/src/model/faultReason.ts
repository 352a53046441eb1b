import { type FaultKind, type ForwardSnapshot } from '../sidecar/protocol.generated';
import { type Translate } from './translate';

const longestReason = 40;

/** The fault in at most 40 characters, for a row. The whole sentence is in the tooltip. */
export function faultReason(snapshot: ForwardSnapshot, t: Translate): string | undefined {
  return snapshot.fault && shortened(shortReasons(snapshot, t)[snapshot.fault.kind] ?? snapshot.fault.message);
}

/** Cuts at 40 characters. */
export function shortened(text: string): string {
  return text.length <= longestReason ? text : `${text.slice(0, longestReason - 1).trimEnd()}…`;
}

/** `undefined` where only the fault's own sentence says anything. */
function shortReasons(snapshot: ForwardSnapshot, t: Translate): Record<FaultKind, string | undefined> {
  return {
    invalidConfig: t('invalid configuration'),
    notSupported: t('not supported yet'),
    untrustedWorkspace: t('trust required'),
    nonLoopbackAddress: t('non-loopback address not allowed'),
    consentRequired: t('kubeconfig not confirmed'),
    portInUse: snapshot.fault?.holder?.name === undefined ? t('port {0} in use', snapshot.localPort) : t('port {0} in use by {1}', snapshot.localPort, snapshot.fault.holder.name),
    portNotPermitted: t('port {0} not permitted', snapshot.localPort),
    addressNotAvailable: t('address not available'),
    kubeconfigNotFound: t('no kubeconfig'),
    kubeconfigInvalid: t('invalid kubeconfig'),
    contextNotFound: t('context not found'),
    credentialsUnavailable: t('no credentials'),
    signInRequired: t('sign in'),
    unauthorized: t('signed out'),
    proxyFailed: t('proxy failed'),
    serverUnreachable: t('cluster unreachable'),
    tlsNotTrusted: t('certificate not trusted'),
    serverError: t('server error'),
    throttled: t('throttled by the server'),
    connectionLost: t('connection lost'),
    forbidden: t('forbidden'),
    namespaceNotFound: t('namespace not found'),
    serviceNotFound: t('service not found'),
    podNotFound: t('pod not found'),
    portNotFound: t('port not found'),
    noReadyPod: t('no ready pod'),
    upgradeRefused: t('upgrade refused'),
    connectionRefused: t('connection refused in the pod'),
    podGone: t('pod gone'),
    unknown: undefined,
  };
}
