import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type CommandContext } from '../../../extension/src/commands/context';
import { showMenu } from '../../../extension/src/commands/menu';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { type FakeInput } from '../support/fakeInput';
import { executed, shown } from '../support/fakeVscode';
import { snapshot } from '../support/snapshots';

const failed = snapshot({ id: 'a/db', alias: 'db', status: 'failed', fault: { kind: 'portInUse', message: 'In use.' } });
const other = snapshot({ id: 'b/db', alias: 'db', localPort: 9090 });
let store: ForwardStore;
let menu: FakeInput;

beforeEach(() => {
  vi.useFakeTimers();
  shown.inputs = [];
  executed.length = 0;
  store = new ForwardStore();
  store.update({ snapshots: [failed, other], removed: [] });
  void showMenu({ store } as unknown as CommandContext);
  menu = shown.inputs[0]!;
});

afterEach(() => {
  menu.hide();
  vi.useRealTimers();
});

it('Menu_AFailedForward_IsTriedAgain_ByEnterAndByItsButton', async () => {
  menu.pressOn('db', 'Start Forward');
  expect(executed).toEqual([['kftray.start', 'a/db']]);
  menu.choose('db', 'in use');
  await vi.runAllTimersAsync();
  expect(executed).toEqual([['kftray.start', 'a/db'], ['kftray.start', 'a/db']]);
});

it('Menu_WhileForwardsChange_IsRedrawnFourTimesASecondAtMost', () => {
  const drawn = new Set([menu.items]);
  for (let change = 0; change < 10; change++) {
    store.update({ snapshots: [{ ...other, status: change % 2 === 0 ? 'starting' : 'active' }], removed: [] });
    vi.advanceTimersByTime(50);
    drawn.add(menu.items);
  }
  expect(drawn.size).toBeLessThanOrEqual(3);
});

it('Menu_WhenForwardsChange_KeepsTheRowEvenIfAnotherHasItsName', () => {
  vi.advanceTimersByTime(1000);
  menu.activeItems = menu.items.filter(({ description }) => description?.includes('9090'));
  store.update({ snapshots: [{ ...other, status: 'active' }], removed: [] });
  expect(menu.activeItems).toMatchObject([{ label: 'db', snapshot: { id: 'b/db' } }]);
});
