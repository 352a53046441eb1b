import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { localAddress, localHost, localUrl } from './address';
import { type Translate } from './translate';

/** One way to write a forward down for another program. */
export interface CopyChoice {
  readonly label: string;
  readonly text: string;
}

/** Everything that makes sense for this forward, the plain address first. */
export function copyChoices(snapshot: ForwardSnapshot, t: Translate): readonly CopyChoice[] {
  const url = localUrl(snapshot);
  const kubectl = kubectlCommand(snapshot);
  return [
    { label: t('Local address'), text: localAddress(snapshot) },
    ...(url === undefined ? [] : [{ label: t('URL'), text: url }]),
    ...connectionStrings(snapshot).map(({ name, text }) => ({ label: t('{0} connection string', name), text })),
    ...(kubectl === undefined ? [] : [{ label: t('kubectl command'), text: kubectl }]),
  ];
}

/**
 * What a person without this extension would type. Undefined where kubectl has nothing of the kind: UDP, hosts behind the cluster, and pods
 * found by a label while none is known.
 */
export function kubectlCommand(snapshot: ForwardSnapshot): string | undefined {
  const target = kubectlTarget(snapshot);
  if (target === undefined || snapshot.protocol !== 'tcp') {
    return undefined;
  }
  const local = snapshot.localPort === 0 ? '' : snapshot.localPort;
  const isUsual = snapshot.localAddress === '127.0.0.1' || snapshot.localAddress === 'localhost';
  const options = [
    ...(snapshot.context === undefined ? [] : ['--context', snapshot.context]),
    ...(snapshot.namespace === undefined ? [] : ['--namespace', snapshot.namespace]),
    ...(isUsual ? [] : ['--address', snapshot.localAddress]),
  ];
  return ['kubectl', 'port-forward', ...options, target, `${local}:${snapshot.remotePort}`].map(quoted).join(' ');
}

function kubectlTarget({ workloadType, target, targetName, pods }: ForwardSnapshot): string | undefined {
  switch (workloadType) {
    case 'service':
      return `svc/${targetName}`;
    case 'pod':
      // kubectl forwards to one named pod; a selector says several.
      return target.startsWith('pod/') ? `pod/${targetName}` : pods[0] && `pod/${pods[0]}`;
    case 'proxy':
    case 'expose':
      return undefined;
  }
}

/** Schemes of well-known services by the number and the names that their ports have by convention. */
const wellKnown = [
  { name: 'PostgreSQL', scheme: 'postgresql', path: '/postgres', ports: ['5432', 'postgres', 'postgresql', 'pgsql'] },
  { name: 'MySQL', scheme: 'mysql', path: '/', ports: ['3306', 'mysql', 'mariadb'] },
  { name: 'Redis', scheme: 'redis', path: '/0', ports: ['6379', 'redis'] },
  { name: 'MongoDB', scheme: 'mongodb', path: '/?directConnection=true', ports: ['27017', 'mongodb', 'mongo'] },
  { name: 'AMQP', scheme: 'amqp', path: '/', ports: ['5672', 'amqp', 'rabbitmq'] },
] as const;

/** Without user and password: those are the reader's own to fill in. */
export function connectionStrings(snapshot: ForwardSnapshot): readonly { readonly name: string; readonly text: string }[] {
  if (snapshot.protocol !== 'tcp' || snapshot.localPort === 0) {
    return [];
  }
  return wellKnown
    .filter(({ ports }) => (ports as readonly string[]).includes(snapshot.remotePort.toLowerCase()))
    .map(({ name, scheme, path }) => ({ name, text: `${scheme}://${localHost(snapshot)}:${snapshot.localPort}${path}` }));
}

/** For a POSIX shell and, where nothing needs quoting, for every other. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
