import { describe, expect, it } from 'vitest';
import { connectionStrings, copyChoices, kubectlCommand } from '../../../extension/src/model/copyAs';
import { type ForwardSnapshot } from '../../../extension/src/sidecar/protocol.generated';
import { snapshot, t } from '../support/snapshots';

describe('Kubectl', () => {
  it.each<[string, Partial<ForwardSnapshot>, string | undefined]>([
    ['Service', {}, 'kubectl port-forward svc/api 8080:8000'],
    ['ContextAndNamespace', { context: 'kind-dev', namespace: 'shop' }, 'kubectl port-forward --context kind-dev --namespace shop svc/api 8080:8000'],
    ['OddContext', { context: "me's cluster; rm -rf ~" }, String.raw`kubectl port-forward --context 'me'\''s cluster; rm -rf ~' svc/api 8080:8000`],
    ['OtherAddress', { localAddress: '127.0.0.2' }, 'kubectl port-forward --address 127.0.0.2 svc/api 8080:8000'],
    ['AnyPort', { localPort: 0 }, 'kubectl port-forward svc/api :8000'],
    ['NamedPod', { workloadType: 'pod', target: 'pod/web-0:80', targetName: 'web-0' }, 'kubectl port-forward pod/web-0 8080:8000'],
    ['PodsByLabel', { workloadType: 'pod', target: 'pod -l app=web:80', targetName: 'app=web', pods: ['web-7d'] }, 'kubectl port-forward pod/web-7d 8080:8000'],
    ['PodsByLabelNoneKnown', { workloadType: 'pod', target: 'pod -l app=web:80', targetName: 'app=web' }, undefined],
    ['Udp', { protocol: 'udp' }, undefined],
    ['Proxy', { workloadType: 'proxy' }, undefined],
  ])('Kubectl_%s', (_, changes, expected) => {
    expect(kubectlCommand(snapshot(changes))).toBe(expected);
  });
});

describe('ConnectionString', () => {
  it.each<[string, string[]]>([
    ['5432', ['postgresql://127.0.0.1:8080/postgres']],
    ['mysql', ['mysql://127.0.0.1:8080/']],
    ['6379', ['redis://127.0.0.1:8080/0']],
    ['27017', ['mongodb://127.0.0.1:8080/?directConnection=true']],
    ['amqp', ['amqp://127.0.0.1:8080/']],
    ['8000', []],
  ])('ConnectionString_OfPort_%s', (remotePort, expected) => {
    expect(connectionStrings(snapshot({ remotePort })).map(({ text }) => text)).toEqual(expected);
  });

  it('ConnectionString_BeforeThePortIsKnown_IsNone', () => {
    expect(connectionStrings(snapshot({ remotePort: '5432', localPort: 0 }))).toEqual([]);
  });
});

it('CopyChoices_HoldEveryWay_TheAddressFirst', () => {
  expect(copyChoices(snapshot({ open: 'http' }), t)).toEqual([
    { label: 'Local address', text: '127.0.0.1:8080' },
    { label: 'URL', text: 'http://127.0.0.1:8080/' },
    { label: 'kubectl command', text: 'kubectl port-forward svc/api 8080:8000' },
  ]);
  expect(copyChoices(snapshot({ remotePort: '5432' }), t).map(({ label }) => label)).toEqual(['Local address', 'PostgreSQL connection string', 'kubectl command']);
});
