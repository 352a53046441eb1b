import { describe, expect, it } from 'vitest';
import { diagnosticInfo } from '../../../extension/src/model/diagnosticInfo';
import { forwardVariables, variableName } from '../../../extension/src/model/environment';
import { matchesGlob, matchingForwards } from '../../../extension/src/model/glob';
import { LogHistory } from '../../../extension/src/model/logHistory';
import { machineName } from '../../../extension/src/model/machine';
import { OutageWatch } from '../../../extension/src/model/outages';
import { beginMarker, endMarker, findSection, isStale, markdownTable, sectionText } from '../../../extension/src/model/readme';
import { aliasOf, patternsOf, ToolInputError } from '../../../extension/src/model/toolInput';
import { transferReport } from '../../../extension/src/model/transferReport';
import { pendingSignIns, signInTitle } from '../../../extension/src/model/signIns';
import { snapshot, storeOf, t } from '../support/snapshots';

describe('Glob', () => {
  it.each([
    ['shop/*', 'shop/api', true],
    ['shop/*', 'shop', false],
    ['*', 'anything/at:all', true],
    ['a?c', 'abc', true],
    ['a.c', 'abc', false],
    ['shop/api', 'shop/api-2', false],
    ['(x', '(x', true],
  ])('Glob_%s_On_%s_Is_%s', (pattern, alias, expected) => {
    expect(matchesGlob(pattern, alias)).toBe(expected);
  });

  it('Glob_SeveralPatterns_KeepTheOrderOfTheForwards', () => {
    expect(matchingForwards(['b', 'a*'], [{ alias: 'a1' }, { alias: 'b' }, { alias: 'c' }]).map(({ alias }) => alias)).toEqual(['a1', 'b']);
  });
});

describe('Variables', () => {
  it.each([
    ['shop/api', 'KFTRAY_SHOP_API'],
    ['shop-api.v2', 'KFTRAY_SHOP_API_V2'],
    ['/x/', 'KFTRAY_X'],
    ['…', undefined],
  ])('VariableName_Of_%s_Is_%s', (alias, expected) => {
    expect(variableName(alias)).toBe(expected);
  });

  it('Variables_OfAForward_AreHostPortAndAddress', () => {
    expect([...forwardVariables([snapshot()])]).toEqual([
      ['KFTRAY_SHOP_API_HOST', '127.0.0.1'],
      ['KFTRAY_SHOP_API_PORT', '8080'],
      ['KFTRAY_SHOP_API_ADDRESS', '127.0.0.1:8080'],
    ]);
  });

  it('Variables_OfOneName_AreTheFirstOnes', () => {
    expect(forwardVariables([snapshot(), snapshot({ alias: 'shop-api', localPort: 9 })]).get('KFTRAY_SHOP_API_PORT')).toBe('8080');
  });

  it('Variables_WithoutAPortOrBlocked_AreNone', () => {
    expect(forwardVariables([snapshot({ localPort: 0 }), snapshot({ alias: 'b', status: 'blocked' })]).size).toBe(0);
  });
});

describe('Readme', () => {
  const table = markdownTable([snapshot(), snapshot({ alias: 'dns|x', protocol: 'udp', localPort: 41, configuredLocalPort: 0 })], t);

  it('Table_SaysWhatTheDocumentsSay', () => {
    expect(table).toBe(
      [
        '| Forward | Local address | Target | Protocol |',
        '| --- | --- | --- | --- |',
        '| shop/api | `localhost:8080` | `svc/api:8000` | TCP |',
        '| dns\\|x | any free port | `svc/api:8000` | UDP |',
      ].join('\n'),
    );
  });

  it('Table_OfAnotherState_IsTheSame', () => {
    const running = snapshot({ status: 'active', localPort: 8081, configuredLocalPort: 8080, pods: ['api-1'], namespace: 'shop', context: 'kind' });
    expect(markdownTable([running], t)).toBe(markdownTable([snapshot()], t));
  });

  it('Section_AfterAnUpdate_IsNotStale', () => {
    const text = `# Shop\r\n\r\n${beginMarker}\r\nold\r\n${endMarker}\r\nmore`;
    const section = findSection(text)!;
    expect(isStale(text, section, table)).toBe(true);
    const updated = text.slice(0, section.start) + sectionText(text, table) + text.slice(section.end);
    expect(isStale(updated, findSection(updated)!, table)).toBe(false);
    expect(updated.endsWith(`\r\n${endMarker}\r\nmore`)).toBe(true);
  });

  it.each([['no markers'], [beginMarker], [`${endMarker} ${beginMarker}`]])('Section_%s_IsNone', (text) => {
    expect(findSection(text)).toBeUndefined();
  });
});

describe('Outages', () => {
  const since = Date.parse('2026-01-01T12:00:00Z');
  const lost = (alias: string) => snapshot({ alias, status: 'reconnecting', waitingFor: 'time', reconnects: 1 });

  it('Outage_AfterTheTime_IsToldOncePerIncident', () => {
    const watch = new OutageWatch();
    expect(watch.look(storeOf(lost('a')), 60_000, since + 1000)).toEqual({ lookAgainAt: since + 60_000 });
    expect(watch.look(storeOf(lost('a'), lost('b')), 60_000, since + 60_000).outage?.forwards).toHaveLength(2);
    expect(watch.look(storeOf(lost('a'), lost('c')), 60_000, since + 90_000)).toEqual({});
    expect(watch.look(storeOf(snapshot({ alias: 'a', status: 'active' })), 60_000, since + 100_000)).toEqual({});
    expect(watch.look(storeOf(lost('a')), 60_000, since + 200_000).outage?.forwards).toHaveLength(1);
  });

  it('Outage_Zero_IsNeverTold', () => {
    expect(new OutageWatch().look(storeOf(lost('a')), 0, since + 1e9)).toEqual({});
  });

  it('Outage_OfWhatNeverWorkedOrIsNotLost_IsNone', () => {
    const others = [snapshot({ status: 'reconnecting', waitingFor: 'time' }), snapshot(), snapshot({ status: 'starting' }), snapshot({ status: 'failed' })];
    expect(new OutageWatch().look(storeOf(...others), 1000, since + 1e9)).toEqual({});
  });

  it('Outage_OverARestartOfTheService_IsNotToldAgain', () => {
    const watch = new OutageWatch();
    expect(watch.look(storeOf(lost('a')), 1000, since + 1000).outage).toBeDefined();
    expect(watch.look({ all: [lost('a')], isCurrent: () => false }, 1000, since + 2000)).toEqual({});
    expect(watch.look(storeOf(snapshot({ alias: 'a', status: 'starting' })), 1000, since + 3000)).toEqual({});
    expect(watch.look(storeOf(snapshot({ alias: 'a', status: 'reconnecting', waitingFor: 'time' })), 1000, since + 9000)).toEqual({});
  });
});

describe('LogHistory', () => {
  const line = (message: string) => ({ level: 'info' as const, category: 'x', eventId: 1, message });

  it('Log_OfAForward_HasItsLinesOnly', () => {
    const history = new LogHistory();
    for (const message of ['Forward shop/a is active', 'Forward shop/a-2 is active', 'Forward myshop/a is active', "The forward 'shop/a' lost its pod"]) {
      history.add(line(message), new Date(0));
    }
    expect(history.of('shop/a').split('\n')).toEqual(['1970-01-01T00:00:00.000Z [info] Forward shop/a is active', "1970-01-01T00:00:00.000Z [info] The forward 'shop/a' lost its pod", '']);
  });

  it('Log_OfAll_IsBounded', () => {
    const history = new LogHistory();
    for (let index = 0; index < 2500; index++) {
      history.add(line(`x ${index}`), new Date(0));
    }
    expect(history.of('x').split('\n')).toHaveLength(2001);
  });
});

describe('Diagnostics', () => {
  it('Diagnostics_ForThePublic_NameNothingThatBelongsToSomebody', () => {
    const secret = snapshot({ alias: 'secret-alias', context: 'secret-context', namespace: 'secret-ns', pods: ['secret-pod'], status: 'failed', fault: { kind: 'serverUnreachable', message: 'https://secret.example' } });
    const text = diagnosticInfo(storeOf(secret), {
      version: '1.2.3', editor: 'Code 1.100', platform: 'linux', remote: undefined, service: 'ready', trusted: true,
      settings: { kubeconfig: ['/secret/path'], defaultContext: 'secret', autoStart: 'never', 'reconnect.maxDelay': 5 },
    });
    expect(text).not.toContain('secret');
    expect(text).toContain('| 1 | error | service | tcp |  | serverUnreachable | 0 |  |');
    expect(text).toContain('"autoStart":"never"');
    expect(text).toContain('"kubeconfig":"(set)"');
  });
});

describe('ToolInput', () => {
  it.each([[undefined], [{}], [{ forwards: [] }], [{ forwards: [''] }], [{ forwards: 'shop/*' }], [{ forwards: [1] }], [{ forwards: Array(101).fill('x') }], [['x']]])('Patterns_%j_AreRefused', (input) => {
    expect(() => patternsOf(input)).toThrow(ToolInputError);
  });

  it('Patterns_LeftOut_AreTheFallback', () => {
    expect(patternsOf({}, ['*'])).toEqual(['*']);
    expect(patternsOf({ forwards: ['shop/*'] }, ['*'])).toEqual(['shop/*']);
    expect(() => patternsOf({ forwards: [1] }, ['*'])).toThrow(ToolInputError);
  });

  it('Alias_MustBeText', () => {
    expect(aliasOf({ forward: 'a' })).toBe('a');
    expect(() => aliasOf({ forward: 1 })).toThrow(ToolInputError);
    expect(() => aliasOf(null)).toThrow(ToolInputError);
  });
});

it.each([
  ['ssh-remote', 'ssh: build-box'],
  ['something-new', 'build-box'],
])('MachineName_In_%s_Is_%s', (remote, expected) => {
  expect(machineName(remote, 'build-box')).toBe(expected);
});

it('SignIns_OfForwardsOfOneContext_AreOne', () => {
  const waiting = (alias: string, context: string) => snapshot({ id: alias, alias, context, fault: { kind: 'signInRequired', message: '' } });
  const pending = pendingSignIns([waiting('a', 'dev'), waiting('b', 'dev'), waiting('c', 'prod'), snapshot({ id: 'd' })]);
  expect(pending.map((forward) => signInTitle(forward, t))).toEqual(['Sign in to dev', 'Sign in to prod']);
});

it('TransferReport_WithNotes_IsATable', () => {
  expect(transferReport('Import', 'Done.', [{ alias: 'a|b', key: 'id', message: 'Not used.' }], t)).toContain('| a\\|b | id | Not used\\. |');
  expect(transferReport('Import', 'Done.', [], t)).toBe('# Import\n\nDone.\n\n');
});
