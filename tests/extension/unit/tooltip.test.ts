import { expect, it } from 'vitest';
import { codeSpan, escapeMarkdown } from '../../../extension/src/model/markdown';
import { byteCount, duration, forwardTooltip, type TooltipSurroundings } from '../../../extension/src/model/tooltip';
import { snapshot, t } from '../support/snapshots';

const around: TooltipSurroundings = { current: true, now: Date.parse('2026-01-01T12:12:00Z'), documentName: '.vscode/kftray.json' };

it('Tooltip_OfAnActiveForward_HoldsAllThatIsKnown', () => {
  const text = forwardTooltip(
    snapshot({
      status: 'active',
      pods: ['api-7d9f'],
      context: 'kind-dev',
      namespace: 'shop',
      open: 'http',
      transport: 'spdy',
      pingMilliseconds: 12.4,
      reconnects: 2,
      reconnectCauses: [{ at: '2026-01-01T12:00:00Z', kind: 'connectionLost', message: 'The connection was lost.' }],
      traffic: { bytesIn: 1_234_567, bytesOut: 84_000, openConnections: 3, totalConnections: 41, heldConnections: 0, droppedDatagrams: 0 },
    }),
    around,
    t,
  );
  expect(text).toBe(`**shop/api** — Active for 12 min

\`127.0.0.1:8080\` → \`svc/api:8000\` (pod \`api-7d9f\`)

| | |
|:--|:--|
| Context | kind\\-dev |
| Namespace | shop |
| Protocol | TCP (spdy) |
| Ping | 12 ms |
| Source | \\.vscode/kftray\\.json:5 |
| Traffic | ↓ 1.2 MB  ↑ 84.0 kB · 3 open, 41 total |
| Reconnects | 2 · 12 min ago: The connection was lost\\. |

[$(globe) Open](command:kftray.openInBrowser?%5B%22shop-web%2Fshop%2Fapi%22%5D) · [$(copy) Copy](command:kftray.copyAddress?%5B%22shop-web%2Fshop%2Fapi%22%5D) · [$(pulse) Diagnose](command:kftray.diagnose?%5B%22shop-web%2Fshop%2Fapi%22%5D) · [$(go-to-file) Definition](command:kftray.revealInConfig?%5B%22shop-web%2Fshop%2Fapi%22%5D) · [$(output) Log](command:kftray.showForwardLog?%5B%22shop-web%2Fshop%2Fapi%22%5D)`);
});

it('Tooltip_OfAFault_SaysWhatHappenedWhatToDoAndWhenItTries', () => {
  const text = forwardTooltip(
    snapshot({ status: 'reconnecting', waitingFor: 'time', attempt: 3, nextAttemptAt: '2026-01-01T12:12:04Z', fault: { kind: 'serverUnreachable', message: 'The server is away.', hint: 'Check the VPN.' } }),
    around,
    t,
  );
  expect(text).toContain('The server is away\\. Check the VPN\\.');
  expect(text).toContain('Attempt 4 in 4 s.');
});

it('Tooltip_InARemoteWindow_SaysWhereItListens', () => {
  expect(forwardTooltip(snapshot({ protocol: 'udp' }), { ...around, machine: 'build-box' }, t)).toContain('Listens on build\\-box. UDP is reachable only there.');
});

it('Tooltip_AliasWithMarkdown_IsHarmless', () => {
  const text = forwardTooltip(snapshot({ alias: '[click](command:evil) $(zap) <img src=x> a|b\nnew' }), around, t);
  expect(text).not.toContain('](command:evil');
  expect(text).not.toContain('$(zap');
  expect(text).not.toMatch(/(?<!\\)<img/);
  expect(text).not.toContain('(zap)');
  expect(text.split('\n')[0]).toMatch(/new\*\* — Stopped$/);
});

it('Escape_EverySpecialCharacter_HasABackslash', () => {
  expect(escapeMarkdown('*a_b`c|d<e>f~g&h#i!j')).toBe('\\*a\\_b\\`c\\|d\\<e\\>f\\~g\\&h\\#i\\!j');
  expect(codeSpan('a`b|c\nd')).toBe("`a'b|c d`");
});

it.each([
  [400, '0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [3_599_000, '59 min'],
  [3_700_000, '1 h 1 min'],
  [200_000_000, '2 days'],
])('Duration_%d_Is_%s', (milliseconds, expected) => {
  expect(duration(milliseconds, t)).toBe(expected);
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [99_949, '99.9 kB'],
  [150_000, '150 kB'],
  [999_999, '1.0 MB'],
  [5e15, '5000 TB'],
])('ByteCount_%d_Is_%s', (bytes, expected) => {
  expect(byteCount(bytes)).toBe(expected);
});
