#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signs requests as the AWS SDK for Python does. The first argument names a file with a JSON array of request shapes;
prints one line for each: its URL, a space, and the Authorization header."""

import json
import sys

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.utils import percent_encode


def url_of(shape):
    safe_in_name = "/~" if shape["service"] == "s3" else "-._~"
    url = shape["endpoint"] + shape["prefix"] + percent_encode(shape["name"], safe=safe_in_name) + shape["suffix"]
    pairs = [percent_encode(name) + ("" if value is None else "=" + percent_encode(value))
             for name, value in shape["query"]]
    return url + ("?" + "&".join(pairs) if pairs else "")


def sign(shape):
    request = AWSRequest(method=shape["method"], url=url_of(shape), headers=shape["headers"],
                         data=shape["body"].encode())
    request.context["timestamp"] = shape["timestamp"]
    request.context["client_config"] = Config(s3={"payload_signing_enabled": shape["payload_signed"]})
    signer = S3SigV4Auth if shape["service"] == "s3" else SigV4Auth
    auth = signer(Credentials(shape["access_key"], shape["secret_key"], shape["session_token"] or None),
                  shape["service"], shape["region"])
    auth._modify_request_before_signing(request)
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(to_sign, request))
    return request.url + " " + request.headers["Authorization"]


def main():
    with open(sys.argv[1], encoding="utf-8") as shapes:
        print("\n".join(sign(shape) for shape in json.load(shapes)))


if __name__ == "__main__":
    main()
