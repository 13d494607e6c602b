#!/usr/bin/env python3
"""Deploys a version of a microservice: the code that a DevOps team writes for Port's action
deploy_microservice. portlog runs it once for each run.

usage: deploy.py SERVICE VERSION ENVIRONMENT < MESSAGE"""
import json
import os
import sys


def deploy(service, version, environment):
    """Yours: a call of Argo CD, Helm, Terraform … Returns where to see it."""
    return f"https://{environment}.example.com/{service}/{version}"


def main():
    service, version, environment = sys.argv[1:]
    message = json.load(sys.stdin)  # all that Port sent
    if environment not in ("test", "production"):
        sys.exit(f"there is no environment '{environment}'")  # status 1: the run fails, and this is in its log
    print(f"{message['run']['id']}: deploying {service} {version} to {environment}", flush=True)  # the run's log in Port
    url = deploy(service, version, environment)
    with open(os.environ["PORTLOG_OUTPUT"], "w", encoding="utf-8") as output:
        json.dump({"url": url}, output)  # .response.json of the rule's report


main()
