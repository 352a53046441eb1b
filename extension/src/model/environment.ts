import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { localAddress, localHost } from './address';

/**
 * What programs are told about the forwards: `KFTRAY_SHOP_API_HOST`, `_PORT` and `_ADDRESS` for `shop/api`. A forward whose port is not known yet
 * has none. Where two aliases make one name, the first in the order of the documents has it.
 */
export function forwardVariables(forwards: readonly ForwardSnapshot[]): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const forward of forwards) {
    const name = variableName(forward.alias);
    if (name === undefined || forward.localPort === 0 || forward.status === 'blocked' || variables.has(`${name}_PORT`)) {
      continue;
    }
    variables.set(`${name}_HOST`, localHost(forward));
    variables.set(`${name}_PORT`, String(forward.localPort));
    variables.set(`${name}_ADDRESS`, localAddress(forward));
  }
  return variables;
}

/** `shop/api` → `KFTRAY_SHOP_API`; undefined when nothing of the alias can be part of a variable's name. */
export function variableName(alias: string): string | undefined {
  const word = alias.toUpperCase().replace(/[^A-Z0-9]+/g, '_').replace(/^_+|_+$/g, '');
  return word === '' ? undefined : `KFTRAY_${word}`;
}
