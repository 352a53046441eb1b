import { type ForwardSnapshot, type OpenScheme } from '../sidecar/protocol.generated';

/** `127.0.0.1:8080`; a wildcard address is shown as the loopback address that reaches it. */
export function localAddress(snapshot: ForwardSnapshot): string {
  return `${localHost(snapshot)}:${snapshot.localPort}`;
}

/** The host part of the address, in brackets where it is IPv6. */
export function localHost(snapshot: ForwardSnapshot): string {
  return reachableHost(snapshot.localAddress);
}

/** Where a browser finds the forward; undefined when it does not speak HTTP as far as we know. */
export function localUrl(snapshot: ForwardSnapshot): string | undefined {
  const scheme = httpScheme(snapshot);
  return scheme && `${scheme}://${localAddress(snapshot)}/`;
}

/** What the file says, else what the remote port's number or name says by convention. */
export function httpScheme(snapshot: ForwardSnapshot): OpenScheme | undefined {
  if (snapshot.protocol !== 'tcp') {
    return undefined;
  }
  if (snapshot.open !== undefined) {
    return snapshot.open;
  }
  switch (snapshot.remotePort) {
    case '443':
    case 'https':
      return 'https';
    case '80':
    case 'http':
      return 'http';
    default:
      return undefined;
  }
}

function reachableHost(address: string): string {
  if (address === '0.0.0.0' || address === 'localhost') {
    return '127.0.0.1';
  }
  if (address === '::') {
    return '[::1]';
  }
  return address.includes(':') ? `[${address}]` : address;
}
