import { expect, it } from 'vitest';
import { buildTree, forwardIds, type GroupBy, type TreeNode } from '../../../extension/src/model/grouping';
import { type ForwardSnapshot } from '../../../extension/src/sidecar/protocol.generated';
import { snapshot } from '../support/snapshots';

function outline(snapshots: readonly ForwardSnapshot[], groupBy: GroupBy = 'alias'): unknown {
  const visit = (node: TreeNode): unknown => (node.kind === 'forward' ? node.label : { [node.label]: node.children.map(visit) });
  return buildTree(snapshots, groupBy, 'User').map(visit);
}

const aliases = (...names: string[]): ForwardSnapshot[] => names.map((alias) => snapshot({ alias }));

it('Groups_PrefixBeforeASlash_AlwaysGroups', () => {
  expect(outline(aliases('shop/api', 'solo/one'))).toEqual([{ shop: ['api'] }, { solo: ['one'] }]);
});

it('Groups_SharedToken_GroupsFromTwo', () => {
  expect(outline(aliases('shop-api', 'shop_web', 'cache-main'))).toEqual([{ shop: ['api', 'web'] }, 'cache-main']);
});

it('Groups_TokenOfOneCharacter_DoesNotGroup', () => {
  expect(outline(aliases('a-one', 'a-two'))).toEqual(['a-one', 'a-two']);
});

it('Groups_TokenAndSlashWithOneName_AreOneGroup', () => {
  expect(outline(aliases('shop/api', 'shop-web'))).toEqual([{ shop: ['api', 'web'] }]);
});

it('Groups_NothingAfterTheSeparator_IsNoGroup', () => {
  expect(outline(aliases('shop/', 'shop-', '/api', 'shop'))).toEqual(['shop/', 'shop-', '/api', 'shop']);
});

it('Groups_Order_IsOfTheFileWithUngroupedLast', () => {
  expect(outline(aliases('zebra', 'b/one', 'a/one', 'b/two', 'apple'))).toEqual([{ b: ['one', 'two'] }, { a: ['one'] }, 'zebra', 'apple']);
});

it('Sources_SeveralOfThem_AreTheFirstLevel', () => {
  const forwards = [snapshot({ alias: 'shop/api' }), snapshot({ alias: 'mine', source: 'user' })];
  expect(outline(forwards)).toEqual([{ 'shop-web': [{ shop: ['api'] }] }, { User: ['mine'] }]);
});

it('GroupBy_ContextNamespaceNone_UseTheWholeAlias', () => {
  const forwards = [snapshot({ alias: 'shop/api', context: 'kind', namespace: 'shop' }), snapshot({ alias: 'shop/web', context: 'prod', namespace: 'shop' }), snapshot({ alias: 'db' })];
  expect(outline(forwards, 'context')).toEqual([{ kind: ['shop/api'] }, { prod: ['shop/web'] }, 'db']);
  expect(outline(forwards, 'namespace')).toEqual([{ shop: ['shop/api', 'shop/web'] }, 'db']);
  expect(outline(forwards, 'none')).toEqual(['shop/api', 'shop/web', 'db']);
});

it('Ids_AreStableAndTellKindsApart', () => {
  const [group, single] = buildTree(aliases('shop/api', 'shop/web', 'shop'), 'alias', 'User');
  expect(group?.id).toBe('g:shop-web:shop');
  expect(single?.id).toBe('f:shop-web/shop');
  expect(forwardIds(group!)).toEqual(['shop-web/shop/api', 'shop-web/shop/web']);
});
