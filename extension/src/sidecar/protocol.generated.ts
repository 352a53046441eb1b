// Generated from sidecar/Kftray.Sidecar/Contract; do not edit. `npm run generate` rewrites it.

/** What the editor may ask. A request without a result answers null. */
export interface Requests {
  'initialize': { params: InitializeParams; result: InitializeResult };
  'workspace/apply': { params: ApplyParams; result: ApplyResult };
  'forward/retry': { params: ForwardParams; result: null };
  'forward/restart': { params: ForwardParams; result: null };
  'forward/diagnose': { params: ForwardParams; result: Diagnosis };
  'forward/followLog': { params: FollowLogParams; result: FollowLogResult };
  'port/probe': { params: ProbePortParams; result: ProbePortResult };
  'cluster/browse': { params: BrowseParams; result: BrowseResult };
  'relay/list': { params: RelayListParams; result: RelayListResult };
  'relay/remove': { params: RelayRemoveParams; result: RelayRemoveResult };
  'config/import': { params: ImportParams; result: TransferResult };
  'config/export': { params: ApplyParams; result: TransferResult };
  'cluster/signIn': { params: ForwardParams; result: SignInResult };
  'log/setLevel': { params: SetLogLevelParams; result: null };
}

/** What the sidecar tells unasked. */
export interface Notifications {
  'forwards/changed': ForwardsChangedParams;
  'forward/podLog': PodLogParams;
  'log': LogParams;
}

/** Names and numbers of the protocol between the editor and the sidecar. */
export const Protocol = {
  /** Raised by one whenever an older editor could no longer work with the sidecar. */
  version: 1,
} as const;

/** Error codes of the protocol, in the range that JSON-RPC leaves to applications. */
export const RpcErrors = {
  /** `initialize` was refused: another protocol or product version. */
  versionMismatch: -32050,
  /** A request came before `initialize`, or `initialize` came twice. */
  notInitialized: -32051,
  /** The id names no forward of the last applied workspace. */
  unknownForward: -32052,
  /** The forward is not running, or has no pod of its own: there is nothing to be retried, restarted or followed. */
  forwardNotRunning: -32053,
  /** The cluster could not answer a browse request; the data is the `Fault`. */
  clusterUnavailable: -32054,
} as const;

export type CheckResult =
  | 'pass'
  /** It works, but not as well as it could. */
  | 'warn'
  | 'fail'
  /** Could not be looked at because an earlier link is broken, or does not apply. */
  | 'skipped';

/** The links of the chain from a config entry to an application, in the order in which they are examined. */
export type DiagnosisLink =
  | 'configEntry'
  | 'kubeconfig'
  | 'context'
  | 'credentials'
  /** DNS, TCP and TLS of the API server or the proxy before it. */
  | 'server'
  | 'api'
  | 'permissions'
  | 'namespace'
  /** The Service or pod that the forward names, and its port. */
  | 'target'
  | 'pods'
  | 'containerPort'
  /** The way of port-forward that the server takes. */
  | 'podSession'
  /** Whether anything listens inside the pod. */
  | 'application'
  | 'localPort'
  | 'roundTrip';

/** Where a document comes from. Later kinds refine earlier ones by alias. */
export type DocumentKind =
  /** `.vscode/kftray.json`: shared with the team. */
  | 'shared'
  /** `.vscode/kftray.local.json`: this person's changes to the shared file. */
  | 'local'
  /** The user's own forwards, outside any workspace. */
  | 'user'
  /** Forwards that last as long as the window. */
  | 'session';

/** The kinds of fault. Grouped by who has to act; a new kind also needs a line in the classifier and an entry in `FaultCatalog`. */
export type FaultKind =
  | 'invalidConfig'
  | 'notSupported'
  | 'untrustedWorkspace'
  | 'nonLoopbackAddress'
  | 'consentRequired'
  | 'portInUse'
  | 'portNotPermitted'
  | 'addressNotAvailable'
  | 'kubeconfigNotFound'
  | 'kubeconfigInvalid'
  | 'contextNotFound'
  | 'credentialsUnavailable'
  /** What issues the credentials waits for the user, or waited in vain: `cluster/signIn` lets it try again. */
  | 'signInRequired'
  | 'unauthorized'
  | 'proxyFailed'
  | 'serverUnreachable'
  | 'tlsNotTrusted'
  | 'serverError'
  | 'throttled'
  | 'connectionLost'
  | 'forbidden'
  | 'namespaceNotFound'
  | 'serviceNotFound'
  | 'podNotFound'
  | 'portNotFound'
  | 'noReadyPod'
  | 'upgradeRefused'
  /** It is on its way; the message says how far. */
  | 'relayStarting'
  /** It cannot be started, or does not do its work. */
  | 'relayFailed'
  | 'connectionRefused'
  | 'podGone'
  | 'targetNotFound'
  | 'targetUnreachable'
  /** None of the above: the message is what there is. */
  | 'unknown';

/** What is forwarded. */
export type ForwardProtocol =
  | 'tcp'
  | 'udp';

/** Where a forward stands. The values are explained in ARCHITECTURE.md. */
export type ForwardStatus =
  | 'stopped'
  | 'starting'
  | 'active'
  | 'reconnecting'
  | 'failed'
  | 'blocked';

/** The scheme that Open in Browser uses. */
export type OpenScheme =
  | 'http'
  | 'https';

export type ProblemSeverity =
  | 'error'
  | 'warning'
  | 'information'
  | 'hint';

/** Who needs a relay. */
export type RelayUse =
  /** A forward of this process. */
  | 'inUse'
  /** Another process of this user on this machine that runs. */
  | 'inUseElsewhere'
  /** Nobody: the process that made it has ended. */
  | 'orphaned'
  /** A pod of the desktop app, which never ends by itself. */
  | 'desktopApp';

/** The editor's log levels, least severe first. */
export type SidecarLogLevel =
  | 'trace'
  | 'debug'
  | 'info'
  | 'warning'
  | 'error'
  | 'off';

/** What a reconnecting forward waits for before it tries again. */
export type WaitingFor =
  /** Something the cluster or the kubeconfig will say, such as a pod becoming ready. */
  | 'event'
  /** A moment: `nextAttemptAt`. */
  | 'time'
  /** The user, for instance to sign in. */
  | 'user';

/** How a forward finds its pods. */
export type WorkloadType =
  | 'service'
  | 'pod'
  | 'proxy'
  | 'expose';

/** A forward as the annotations of a service describe it. */
export interface AnnotatedForward {
  readonly alias: string;
  /** 1–65535. */
  readonly localPort: number;
  /** Number or name of a port of the service. */
  readonly remotePort: string;
}

/** All that is wanted, every time: start, stop, edit, reload and recovery after a crash are this one idempotent request. */
export interface ApplyParams {
  readonly documents?: readonly ConfigDocument[];
  /** Ids of the forwards that should run. */
  readonly enabled?: readonly string[];
  /** False in Restricted Mode: documents are parsed and nothing else happens. */
  readonly trusted?: boolean;
  /** Kubeconfig files inside a workspace folder, or folders of such, that the user allowed to be used. */
  readonly consents?: readonly string[];
  readonly settings?: SidecarSettings;
}

/** The answer to `workspace/apply`. The states follow as `forwards/changed`. */
export interface ApplyResult {
  readonly problems: readonly Problem[];
  readonly ranges: readonly ForwardRange[];
}

/** What a picker shows next. Without a context: the contexts. With a context: its namespaces. With a namespace too: what can be forwarded there. */
export interface BrowseParams {
  readonly kubeconfig?: readonly string[];
  readonly context?: string;
  readonly namespace?: string;
  /** True to be answered at once with what was seen last, whatever its age, and never to wait for the cluster; what is old or missing is fetched meanwhile for the next time. For completion, which asks at every key. */
  readonly remembered?: boolean;
}

export interface BrowsePort {
  readonly name?: string;
  readonly number: number;
  readonly protocol: ForwardProtocol;
}

export interface BrowseResult {
  readonly contexts: readonly string[];
  /** The kubeconfig's current context. */
  readonly currentContext?: string;
  readonly namespaces: readonly string[];
  /** The namespace that the browsed context names; null when it names none. */
  readonly defaultNamespace?: string;
  readonly workloads: readonly BrowseWorkload[];
}

export interface BrowseWorkload {
  readonly type: WorkloadType;
  readonly name: string;
  /** Label selector that finds the pod's siblings; null for services. */
  readonly selector?: string;
  readonly ports: readonly BrowsePort[];
  /** Who keeps the pod running, in kubectl's words such as `deployment/web`; null for services and for pods of nobody. */
  readonly owner?: string;
  /** The forwards that the service's annotations `kftray.app/*` ask for; null when they ask for none. */
  readonly annotated?: readonly AnnotatedForward[];
}

/** What was found at one link. */
export interface CheckReport {
  readonly link: DiagnosisLink;
  /** The link in words. */
  readonly title: string;
  readonly result: CheckResult;
  /** What was seen, in sentences; of a skipped one, why. */
  readonly seen: string;
  /** What to do; null when there is nothing to do. */
  readonly remedy?: string;
  /** What is broken, as the row of the running forward says it; only of a failed one. */
  readonly fault?: Fault;
  /** Further lines: a line each, some of them preformatted such as a Role in YAML. */
  readonly details: readonly string[];
  readonly milliseconds: number;
}

/** One config document, by content: the sidecar reads no workspace file itself. */
export interface ConfigDocument {
  /** Names the document in problems and snapshots. */
  readonly uri: string;
  /** Name of the workspace folder; it is the forward's source. `user` for user and session documents. */
  readonly folder: string;
  readonly kind: DocumentKind;
  readonly text: string;
}

/** The doctor's report on one forward. Holds no credential. */
export interface Diagnosis {
  readonly id: string;
  readonly alias: string;
  /** What the forward leads to, in kubectl's words. */
  readonly target: string;
  /** One sentence that names the first broken link, or says that there is none. */
  readonly verdict: string;
  /** The first broken link; null when there is none. */
  readonly brokenLink?: DiagnosisLink;
  /** What is broken there. */
  readonly fault?: Fault;
  /** All links, in order. */
  readonly checks: readonly CheckReport[];
  readonly milliseconds: number;
  /** The whole report for people. */
  readonly markdown: string;
}

/** What went wrong, said once for the row, the log and the doctor: a kind for programs, what happened, and what to do. */
export interface Fault {
  readonly kind: FaultKind;
  /** One sentence. Never holds a credential. */
  readonly message: string;
  /** What the user can do about it; null when there is nothing to do but wait. */
  readonly hint?: string;
  /** The file that the user has to decide about, for `consentRequired`. */
  readonly path?: string;
  /** Who holds the local port, for `portInUse`; null when it is not known. */
  readonly holder?: PortHolder;
  /** The next local port that is free, for `portInUse`; null when none was found. */
  readonly freePort?: number;
}

export interface FollowLogParams {
  readonly id: string;
  /** How many of the lines that are there already come first. */
  readonly tailLines?: number;
}

/** The pod whose log was followed to its end. */
export interface FollowLogResult {
  readonly pod: string;
}

/** Parameters of the requests that are about one forward. */
export interface ForwardParams {
  readonly id: string;
}

/** Where a forward is defined: the range of its object. */
export interface ForwardRange {
  readonly id: string;
  readonly uri: string;
  readonly range: TextRange;
}

/** All that is known about one forward at one moment: the record of `forwards/changed` and of `up --json`. */
export interface ForwardSnapshot {
  /** Source and alias; stable as long as both are. */
  readonly id: string;
  /** Set once, when an edit renamed a running forward: the id it had before. */
  readonly previousId?: string;
  readonly alias: string;
  /** The folder the forward's file belongs to, or `user`. */
  readonly source: string;
  /** The document that defines the forward. */
  readonly uri: string;
  /** Line of the definition in the document, counted from 0. */
  readonly line: number;
  readonly status: ForwardStatus;
  /** When the status began. */
  readonly since: string;
  readonly protocol: ForwardProtocol;
  readonly workloadType: WorkloadType;
  /** What the forward leads to, in kubectl's words: `svc/api:80`, `pod/web-0:8080`, `pod -l app=web:8080`. */
  readonly target: string;
  /** Service, or pod, or host of a proxy. */
  readonly targetName: string;
  /** Number or name, as the file says it. */
  readonly remotePort: string;
  /** The address that is, or would be, listened on. */
  readonly localAddress: string;
  /** The port that is listened on; before that the wanted one, 0 when any will do. */
  readonly localPort: number;
  /** What the document says, where another port is listened on: 0 for any, or a port that is in use. Else null. */
  readonly configuredLocalPort?: number;
  /** The context in use; null until it is known. */
  readonly context?: string;
  /** The namespace in use; null until it is known. */
  readonly namespace?: string;
  /** The pods that new connections are sent to. Empty unless active. */
  readonly pods: readonly string[];
  /** True when `pods` are relays, and the target is what they lead to. */
  readonly throughRelay: boolean;
  readonly fault?: Fault;
  /** Works, but not as well as it could: why. Null when all is well. */
  readonly warning?: string;
  /** How many attempts failed in this streak. 0 unless reconnecting. */
  readonly attempt: number;
  readonly waitingFor?: WaitingFor;
  readonly nextAttemptAt?: string;
  /** How often the forward had to reconnect since it was started. */
  readonly reconnects: number;
  /** When and why the last five times, the newest first. */
  readonly reconnectCauses: readonly ReconnectCause[];
  /** Round trip of a ping to the pod's node. Null unless active, before the first answer, and where nothing can be pinged. */
  readonly pingMilliseconds?: number;
  /** How connections reach the pod: `spdy`, `websocket` or `websocket-legacy`. Null until a session was opened. */
  readonly transport?: string;
  readonly open?: OpenScheme;
  readonly autoStart: boolean;
  readonly traffic: Traffic;
}

/** What changed since the last notification. */
export interface ForwardsChangedParams {
  /** Each changed or new forward, whole. */
  readonly snapshots: readonly ForwardSnapshot[];
  /** Ids that no document defines any more. */
  readonly removed: readonly string[];
}

export interface ImportParams {
  /** A file of the desktop app. */
  readonly text: string;
}

/** First request on a pipe. Nothing else is served before it succeeded. */
export interface InitializeParams {
  /** Version of the extension; equal to the sidecar's, or the request is refused. */
  readonly clientVersion: string;
  /** `version` as the editor knows it. */
  readonly protocolVersion: number;
  /** How much the sidecar logs to the editor. */
  readonly logLevel?: SidecarLogLevel;
}

export interface InitializeResult {
  readonly sidecarVersion: string;
  readonly protocolVersion: number;
}

/** One log line of the sidecar, for the editor's log output channel. */
export interface LogParams {
  readonly level: SidecarLogLevel;
  /** The component that wrote it. */
  readonly category: string;
  /** Stable number of the message; see `Diagnostics/EventIds`. */
  readonly eventId: number;
  readonly message: string;
}

/** A piece of the log that `forward/followLog` follows, as the pod wrote it. */
export interface PodLogParams {
  readonly id: string;
  readonly pod: string;
  readonly text: string;
}

/** Who listens on a local port that a forward wants. */
export interface PortHolder {
  /** Where it listens, such as `127.0.0.1` or `0.0.0.0`. */
  readonly address: string;
  /** Null where the system does not tell, as for processes of other users. */
  readonly processId?: number;
  /** Name of the process; null when it is not known. */
  readonly name?: string;
  /** Its command line, shortened and without what looks like a secret; null when it is not known. */
  readonly command?: string;
  /** True for another Kftray: of another window, or of a terminal. */
  readonly isKftray: boolean;
  /** The editor window that the other Kftray belongs to; null when it names none. */
  readonly window?: string;
}

/** Asks whether a forward could listen on a local port. */
export interface ProbePortParams {
  /** 0: any will do. */
  readonly port: number;
  /** Null means 127.0.0.1. */
  readonly address?: string;
  readonly protocol?: ForwardProtocol;
  /** The forward that wants it: what it holds itself is free for it. */
  readonly id?: string;
}

export interface ProbePortResult {
  /** Who or what is in the way; null when the port is free now. */
  readonly fault?: Fault;
  /** The port itself when it is free and no other forward wants it, else the next one of which that is true; null when there is none nearby. */
  readonly freePort?: number;
}

/** Something a person should change in a document. */
export interface Problem {
  readonly uri: string;
  readonly range: TextRange;
  readonly severity: ProblemSeverity;
  /** Stable word for tests and links, such as `unknown-key`. */
  readonly code: string;
  readonly message: string;
  /** A change that settles it; null where a person has to think. */
  readonly fix?: ProblemFix;
}

/** A change of the document that has the problem. */
export interface ProblemFix {
  /** What it does, as an instruction. */
  readonly title: string;
  readonly range: TextRange;
  /** Takes the place of the range; null: the key whose key or value is at the range goes, with its value. */
  readonly newText?: string;
}

/** Why a forward had to reconnect. */
export interface ReconnectCause {
  /** When its target was lost. */
  readonly at: string;
  readonly kind: FaultKind;
  readonly message: string;
}

/** A relay of this user. */
export interface RelayInfo {
  readonly context: string;
  readonly namespace: string;
  /** Of the Job, or of the desktop app's pod. */
  readonly name: string;
  readonly uid: string;
  /** What it leads to: `udp dns.shop.svc:53`. Empty when it is not said. */
  readonly target: string;
  readonly use: RelayUse;
  readonly createdAt?: string;
}

export interface RelayListParams {
  /** As in the settings; absent for theirs. */
  readonly kubeconfig?: readonly string[];
  /** The clusters to look in. Absent: the current context, and those in which forwards have relays now. */
  readonly contexts?: readonly string[];
}

export interface RelayListResult {
  readonly relays: readonly RelayInfo[];
  /** Why some clusters could not answer. */
  readonly faults: readonly Fault[];
}

export interface RelayRemoveParams {
  /** From a list. What is not this user's is not touched, whatever stands here. */
  readonly relays: readonly RelayInfo[];
  /** As in the settings; absent for theirs. */
  readonly kubeconfig?: readonly string[];
}

export interface RelayRemoveResult {
  /** Those that were removed now. */
  readonly removed: readonly RelayInfo[];
  readonly faults: readonly Fault[];
}

export interface SetLogLevelParams {
  readonly level: SidecarLogLevel;
}

/** Settings that hold wherever a document says nothing else. */
export interface SidecarSettings {
  /** Kubeconfig files; empty means `$KUBECONFIG`, else `~/.kube/config`. */
  readonly kubeconfig?: readonly string[];
  /** Null means the kubeconfig's current context. */
  readonly defaultContext?: string;
  /** Null means the context's namespace, else `default`. */
  readonly defaultNamespace?: string;
  readonly localAddress?: string;
  readonly allowNonLoopback?: boolean;
  /** How long a new connection is held while its forward reconnects. 0–3600. */
  readonly holdSeconds?: number;
  /** The longest pause between two attempts to reconnect. 1–3600. */
  readonly reconnectMaxDelaySeconds?: number;
  /** Connections to one pod up to this number get a session to the cluster of their own, so that none can slow another down; more of them share. 1–64. */
  readonly maxSessionsPerPod?: number;
  /** The relay of UDP and proxy forwards: the object that `relay` is in a config file. Null means defaults. */
  readonly relay?: unknown;
  /** Where a forward's local port is in use: listen on the next free one above it. */
  readonly nextFreeLocalPort?: boolean;
}

/** How a sign-in ended. The states of all forwards of the cluster follow as `forwards/changed`. */
export interface SignInResult {
  /** Why there are still no credentials; null when there are. */
  readonly fault?: Fault;
}

/** A place in a document. Lines and columns count from 0, columns in UTF-16 units, as the editor counts them. */
export interface TextRange {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Bytes and connections of one forward since it was started. */
export interface Traffic {
  /** From the pod to local clients. */
  readonly bytesIn: number;
  /** From local clients to the pod. */
  readonly bytesOut: number;
  /** Accepted and not yet ended, held ones included. */
  readonly openConnections: number;
  /** Accepted since the start. */
  readonly totalConnections: number;
  /** Waiting for a target. */
  readonly heldConnections: number;
  /** Too large, or more than could be taken: UDP drops, it does not make senders wait. */
  readonly droppedDatagrams: number;
}

export interface TransferNote {
  /** The forward; empty when it is about the file. */
  readonly alias: string;
  /** The key; empty when it is about the whole forward. */
  readonly key: string;
  readonly message: string;
}

/** The forwards of one format in the other's words. */
export interface TransferResult {
  /** JSON: an array of forwards. */
  readonly text: string;
  /** How many forwards it holds. */
  readonly count: number;
  /** What could not be taken over, and why. */
  readonly notes: readonly TransferNote[];
}
