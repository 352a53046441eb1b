import { describe, expect, it } from 'vitest';
import { distinctWorkloads } from '../../../extension/src/model/clusterNodes';
import { suggestAlias, suggestLocalPort, toForward } from '../../../extension/src/commands/add/draft';
import { runWizard, type Step, type StepResult } from '../../../extension/src/commands/add/wizard';
import { snapshot } from '../support/snapshots';

describe('Wizard', () => {
  async function run(script: Record<string, StepResult[]>): Promise<{ result: boolean; asked: string[] }> {
    const asked: string[] = [];
    const steps = Object.entries(script).map(([name, results]): Step<object> => (_, place) => {
      asked.push(place.canGoBack ? `${name}←` : name);
      return Promise.resolve(results.shift() ?? 'next');
    });
    return { result: await runWizard('Add', steps, {}), asked };
  }

  it('Wizard_EveryStepAnswered_IsComplete', async () => {
    await expect(run({ a: [], b: [], c: [] })).resolves.toEqual({ result: true, asked: ['a', 'b←', 'c←'] });
  });

  it('Wizard_Back_SkipsWhatAskedNothing', async () => {
    await expect(run({ a: [], b: ['skipped', 'skipped'], c: ['back', 'next'] })).resolves.toEqual({ result: true, asked: ['a', 'b←', 'c←', 'a', 'b←', 'c←'] });
  });

  it('Wizard_SkippedFirstStep_IsNoPlaceToGoBackTo', async () => {
    await expect(run({ a: ['skipped'], b: [] })).resolves.toEqual({ result: true, asked: ['a', 'b'] });
  });

  it('Wizard_Cancel_EndsIt', async () => {
    await expect(run({ a: [], b: ['cancel'], c: [] })).resolves.toEqual({ result: false, asked: ['a', 'b←'] });
  });
});

describe('Draft', () => {
  const others = [snapshot({ alias: 'api', localPort: 8080 }), snapshot({ alias: 'api-http', localPort: 8081 })];

  it.each([
    [80, 8080],
    [443, 8443],
    [8080, 8080],
    [5432, 5432],
  ])('LocalPort_For_%d_Is_%d', (remote, expected) => {
    expect(suggestLocalPort(remote)).toBe(expected);
  });

  it('Alias_OfATakenName_BecomesUnique', () => {
    const workload = { type: 'service' as const, name: 'api', ports: [] };
    expect(suggestAlias({ workload, port: { name: 'http', number: 80, protocol: 'tcp' } }, [])).toBe('api');
    expect(suggestAlias({ workload, port: { number: 80, protocol: 'tcp' } }, others)).toBe('api-80');
    expect(suggestAlias({ workload, port: { name: 'http', number: 80, protocol: 'tcp' } }, others)).toBe('api-2');
  });

  it('Alias_OfPods_IsTheValueOfTheirLabel', () => {
    expect(suggestAlias({ workload: { type: 'pod', name: 'db-6f7c-x2x8', selector: 'app=db,tier=data', ports: [] } }, [])).toBe('db');
  });

  it('Workloads_PodsOfOneSelector_AreOne', () => {
    const pod = (name: string) => ({ type: 'pod' as const, name, selector: 'app=web', ports: [] });
    const service = { type: 'service' as const, name: 'web', ports: [] };
    expect(distinctWorkloads({ workloads: [service, pod('web-1'), pod('web-2')] })).toEqual([service, pod('web-1')]);
  });

  it('Forward_OfAService_HasItsWords', () => {
    expect(toForward({ context: 'kind', namespace: 'shop', workload: { type: 'service', name: 'api', ports: [] }, port: { name: 'http', number: 80, protocol: 'tcp' }, localPort: 8080, alias: 'shop/api' })).toEqual({
      alias: 'shop/api', service: 'api', namespace: 'shop', context: 'kind', local_port: 8080, remote_port: 80,
    });
  });

  it('Forward_OfPods_HasTheirSelector', () => {
    expect(toForward({ context: 'kind', namespace: 'shop', workload: { type: 'pod', name: 'db-0', selector: 'app=db', ports: [] }, port: { number: 5432, protocol: 'tcp' }, localPort: 5432, alias: 'db' })).toMatchObject({
      workload_type: 'pod', target: 'app=db',
    });
  });

  it('Forward_WithAnswersMissing_IsNone', () => {
    expect(toForward({ context: 'kind' })).toBeUndefined();
  });
});
