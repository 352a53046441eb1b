import { type ForwardSnapshot, type ProbePortResult } from '../sidecar/protocol.generated';
import { type CommandContext } from './context';

type Place = Partial<Pick<ForwardSnapshot, 'id' | 'localAddress' | 'protocol'>>;

/** Asks the service, the only one who knows: whether a forward could listen there, who is in the way, and which port would do. */
export async function probePort({ supervisor }: Pick<CommandContext, 'supervisor'>, port: number, { id, localAddress, protocol }: Place = {}): Promise<ProbePortResult> {
  const connection = await supervisor.connection();
  return connection.request('port/probe', {
    port,
    ...(id === undefined ? {} : { id }),
    ...(localAddress === undefined ? {} : { address: localAddress }),
    ...(protocol === undefined ? {} : { protocol }),
  });
}
