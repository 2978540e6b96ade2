"""boto3's `objects.filter().delete()`. Run as `python peer_boto3.py URL BUCKET PREFIX`."""

import sys

import boto3  # type: ignore[import-untyped] # none are published with it

url, bucket, prefix = sys.argv[1:]
s3 = boto3.resource(
    "s3",
    endpoint_url=url,
    region_name="us-east-1",
    aws_access_key_id="a",
    aws_secret_access_key="b",
)
s3.Bucket(bucket).objects.filter(Prefix=prefix).delete()
