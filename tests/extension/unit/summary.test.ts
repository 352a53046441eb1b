import { describe, expect, it } from 'vitest';
import { groupDescription, groupSentence, presentStatusBar, type StatusBarPresentation, type StatusBarSurroundings, summarize } from '../../../extension/src/model/summary';
import { type ForwardSnapshot } from '../../../extension/src/sidecar/protocol.generated';
import { snapshot, storeOf, t } from '../support/snapshots';

const since = '2026-01-01T12:00:00Z';
const muchLater = Date.parse(since) + 60_000;
const usual: StatusBarSurroundings = { service: 'ready', trusted: true, visibility: 'auto', highlightProblems: true };

const active = snapshot({ alias: 'a', status: 'active' });
const stopped = snapshot({ alias: 'b' });
const failed = snapshot({ alias: 'c', status: 'failed', fault: { kind: 'portInUse', message: 'In use.' } });
const reconnecting = snapshot({ alias: 'd', status: 'reconnecting', waitingFor: 'time', reconnects: 1 });
const blocked = snapshot({ alias: 'e', status: 'blocked' });

function bar(forwards: ForwardSnapshot[], around: Partial<StatusBarSurroundings> = {}, now = muchLater): StatusBarPresentation | undefined {
  const store = storeOf(...forwards);
  return presentStatusBar(store, summarize(store, now), { ...usual, ...around }, t);
}

describe('StatusBar', () => {
  it.each<[string, ForwardSnapshot[], Partial<StatusBarSurroundings>, string | undefined, StatusBarPresentation['background']]>([
    ['NoForwards', [], {}, undefined, 'none'],
    ['NoForwardsAlways', [], { visibility: 'always' }, '$(plug) 0/0', 'none'],
    ['Never', [active], { visibility: 'never' }, undefined, 'none'],
    ['Idle', [stopped, stopped], {}, '$(plug) 0/2', 'none'],
    ['Running', [active, stopped], {}, '$(plug) 1/2', 'none'],
    ['Starting', [active, snapshot({ status: 'starting' })], {}, '$(sync~spin) 1/2', 'none'],
    ['Reconnecting', [active, reconnecting], {}, '$(sync~spin) 1/2', 'none'],
    ['Failed', [active, failed], {}, '$(plug) 1/2 $(error) 1', 'warning'],
    ['WaitingForTheUser', [snapshot({ status: 'reconnecting', waitingFor: 'user' })], {}, '$(sync~spin) 0/1 $(error) 1', 'warning'],
    ['FailedWithoutHighlight', [failed], { highlightProblems: false }, '$(plug) 0/1 $(error) 1', 'none'],
    ['Untrusted', [blocked, blocked], { trusted: false }, '$(plug) 0/2 $(lock)', 'none'],
    ['ServiceStartsFirst', [], { service: 'starting' }, '$(loading~spin) Kftray', 'none'],
    ['ServiceRestarts', [active], { service: 'restarting' }, '$(sync~spin) 1/1', 'none'],
    ['ServiceDown', [active], { service: 'down' }, '$(error) Kftray', 'error'],
  ])('StatusBar_%s', (_, forwards, around, text, background) => {
    const presentation = bar(forwards, around);
    expect(presentation?.text).toBe(text);
    expect(presentation?.background ?? 'none').toBe(background);
  });

  it('StatusBar_ReconnectingForLessThanTwoSeconds_IsNotShown', () => {
    const soon = Date.parse(since) + 1999;
    expect(bar([active, reconnecting], {}, soon)?.text).toBe('$(plug) 2/2');
    expect(bar([active, reconnecting], {}, soon)?.accessibilityLabel).toBe('Kftray: 2 of 2 port forwards active');
    expect(groupDescription(summarize(storeOf(active, reconnecting), soon), t)).toBe('1/2');
    expect(summarize(storeOf(reconnecting), soon).nextBusyAt).toBe(Date.parse(since) + 2000);
    expect(summarize(storeOf(reconnecting), muchLater).nextBusyAt).toBeUndefined();
  });

  it('StatusBar_ReconnectingBeforeItEverWorked_IsNotActive', () => {
    expect(bar([active, snapshot({ status: 'reconnecting', waitingFor: 'time' })], {}, Date.parse(since) + 1)?.text).toBe('$(plug) 1/2');
  });

  it('StatusBar_AccessibilityLabel_IsASentence', () => {
    expect(bar([active, failed])?.accessibilityLabel).toBe('Kftray: 1 of 2 port forwards active, 1 needs attention');
    expect(bar([failed, failed])?.accessibilityLabel).toBe('Kftray: 0 of 2 port forwards active, 2 need attention');
  });

  it('StatusBar_Tooltip_ListsTenAtMost', () => {
    const many = Array.from({ length: 12 }, (_, index) => snapshot({ alias: `f${index}` }));
    const tooltip = bar(many)!.tooltip;
    expect(tooltip).toContain('f9');
    expect(tooltip).not.toContain('f10');
    expect(tooltip).toContain('and 2 more');
  });
});

describe('Group', () => {
  it.each<[ForwardSnapshot[], string]>([
    [[active, stopped, stopped], '1/3'],
    [[active], '1/1'],
    [[active, failed], '1/2, 1 failed'],
  ])('GroupDescription_%#', (forwards, expected) => {
    expect(groupDescription(summarize(storeOf(...forwards), muchLater), t)).toBe(expected);
  });

  it('Group_Spoken_IsASentence', () => {
    const sentence = (...forwards: ForwardSnapshot[]): string => groupSentence('shop', summarize(storeOf(...forwards), muchLater), t);
    expect(sentence(active, stopped)).toBe('shop, 1 of 2 active');
    expect(sentence(active, stopped, failed)).toBe('shop, 1 of 3 active, 1 failed');
  });
});
