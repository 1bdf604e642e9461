import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../../config/paths.ts';

const root = packageRoot();
const product = ['cli', 'config', 'daemon', 'modules', 'rpc'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, folder, name)),
);
const trees = product.map((path) =>
  ts.createSourceFile(relative(root, path), readFileSync(path, 'utf8'), ts.ScriptTarget.Latest),
);
const aftermath = 'daemon/supervisor/aftermath.ts';

describe('the one restart loop of the product (rows 54 and 72)', () => {
  for (const name of ['restartDelay', 'judgeExit']) {
    it(`has the only call of ${name}, and nobody else gets hold of it`, () => {
      expect(filesWith((node) => isCallOf(node, name))).to.deep.equal([aftermath]);
      expect(filesWith((node) => isImportOf(node, name))).to.deep.equal([aftermath]);
    });
  }

  it('is the only one that counts restarts', () => {
    expect(filesWith(isCounting)).to.deep.equal([aftermath]);
  });

  it('was looked for in the whole product', () => {
    expect(trees.length).to.be.above(200);
  });
});

/** Each file as often as it has such a node. */
function filesWith(fits: (node: ts.Node) => boolean): string[] {
  return trees.flatMap((tree) => {
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (fits(node)) found.push(tree.fileName);
      ts.forEachChild(node, visit);
    };
    visit(tree);
    return found;
  });
}

function isCallOf(node: ts.Node, name: string): boolean {
  if (!ts.isCallExpression(node)) return false;
  const { expression: called } = node;
  if (ts.isIdentifier(called)) return called.text === name;
  return ts.isPropertyAccessExpression(called) && called.name.text === name;
}

/** By whatever name it is known there. */
function isImportOf(node: ts.Node, name: string): boolean {
  return ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === name;
}

/** `restartCount++` and its like. */
function isCounting(node: ts.Node): boolean {
  if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node))
    return isStep(node.operator) && isRestartCount(node.operand);
  return (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind === ts.SyntaxKind.PlusEqualsToken &&
    isRestartCount(node.left)
  );
}

function isStep(operator: ts.PrefixUnaryOperator | ts.PostfixUnaryOperator): boolean {
  return operator === ts.SyntaxKind.PlusPlusToken;
}

function isRestartCount(node: ts.Node): boolean {
  return ts.isPropertyAccessExpression(node) && node.name.text === 'restartCount';
}
