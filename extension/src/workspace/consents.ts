import { type Memory } from './enabledSet';

const key = 'kftray.kubeconfigConsents';

/** Kubeconfigs inside the workspace that the user allowed to be used. A kubeconfig that came with a repository can run programs. */
export class Consents {
  constructor(private readonly memory: Memory) {}

  get paths(): readonly string[] {
    return this.memory.get<readonly string[]>(key, []);
  }

  async add(path: string): Promise<void> {
    await this.memory.update(key, [...new Set([...this.paths, path])]);
  }
}
