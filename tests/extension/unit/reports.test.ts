import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Problem } from '../../../extension/src/sidecar/protocol.generated';
import { withPatience } from '../../../extension/src/views/patience';
import { Reports } from '../../../extension/src/views/reports';
import { Problems } from '../../../extension/src/workspace/problems';
import { executed, problems, shown, type Uri } from '../support/fakeVscode';

it('Reports_OfForwardsWithOneTitle_AreTwoDocuments', async () => {
  executed.length = 0;
  const reports = new Reports();
  await reports.show('web/shop/api', 'shop/api', 'first');
  await reports.show('web/shop-api', 'shop-api', 'second');
  const [first, second] = executed.map(([, uri]) => uri as ReturnType<typeof Uri.parse>);
  expect([first!.path, second!.path]).toEqual(['/shop-api.md', '/shop-api.md']);
  expect(reports.provideTextDocumentContent(first as never)).toBe('first');
  expect(reports.provideTextDocumentContent(second as never)).toBe('second');
});

describe('Problems', () => {
  const problem = (uri: string, message: string): Problem => ({ uri, message, code: 'x', severity: 'error', range: { startLine: 0, startColumn: 0, endLine: 0, endColumn: 1 } });

  it('Problems_ShownAgain_ChangeOnlyTheDocumentsThatChanged', () => {
    problems.length = 0;
    const panel = new Problems();
    panel.show([problem('file:///a', 'One.'), problem('file:///b', 'Two.')]);
    panel.show([problem('file:///a', 'One.'), problem('file:///b', 'Three.')]);
    panel.show([problem('file:///b', 'Three.')]);
    panel.show([problem('file:///b', 'Three.')]);
    expect(problems).toEqual([['file:///a', 'One.'], ['file:///b', 'Two.'], ['file:///b', 'Three.'], ['file:///a']]);
    expect(panel.errorCount).toBe(1);
  });
});

describe('Patience', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    shown.progress = [];
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('Patience_WithQuickWork_ShowsNoNotification', async () => {
    expect(await withPatience('Diagnosing web…', () => Promise.resolve(1))).toBe(1);
    await vi.runAllTimersAsync();
    expect(shown.progress).toEqual([]);
  });

  it('Patience_WithSlowWork_OffersToCancelIt', async () => {
    const work = withPatience('Diagnosing [x](command:quit)…', (token) => new Promise((_, reject) => token.onCancellationRequested(() => { reject(new Error('given up')); })));
    const given = expect(work).rejects.toThrow('given up');
    await vi.advanceTimersByTimeAsync(4000);
    expect(shown.progress.map(({ title }) => title)).toEqual(['Diagnosing [x]\u200b(command:quit)…']);
    shown.progress[0]!.cancel();
    await given;
  });
});
