import { type ServiceStatus, type Summary } from '../model/summary';

/** The value of the context key `kftray.state`: which welcome text fits an empty view. */
export type ViewState = 'loading' | 'ready' | 'noConfig' | 'noKubeconfig' | 'configError' | 'serviceError';

export function viewState(service: ServiceStatus, isRead: boolean, errors: number, isKubeconfigMissing: boolean, { total }: Summary): ViewState {
  if (service === 'down') {
    return 'serviceError';
  }
  if (!isRead) {
    return 'loading';
  }
  if (total > 0) {
    return 'ready';
  }
  if (errors > 0) {
    return 'configError';
  }
  return isKubeconfigMissing ? 'noKubeconfig' : 'noConfig';
}
