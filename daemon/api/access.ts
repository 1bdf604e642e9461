/** Who a token stands for, and the token files of the home. */
import type { HomePaths } from '../../config/paths.ts';
import type { Identify } from '../../rpc/caller.ts';
import { isSameToken, newToken } from '../../rpc/token.ts';
import { writePrivateFile } from '../home/home.ts';

/**
 * Writes this start's tokens into the home.
 * @param fixedToken the operator's own, from the configuration; null for a new one
 */
export function issueTokens(
  paths: HomePaths,
  fixedToken: string | null,
  ownerOfLinkToken: (token: string) => { name: string; launch: string } | null,
): Identify {
  const operator = fixedToken ?? newToken();
  const observer = newToken();
  writePrivateFile(paths.token, operator);
  writePrivateFile(paths.observerToken, observer);
  return (token) => {
    if (isSameToken(token, operator)) return { role: 'operator' };
    if (isSameToken(token, observer)) return { role: 'observer' };
    const module = ownerOfLinkToken(token);
    return module ? { role: 'module', module } : null;
  };
}
