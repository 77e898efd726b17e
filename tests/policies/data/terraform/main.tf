terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "x"
  secret_key                  = "x"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  default_tags {
    tags = { team = "post", deploy = "ghp_abcdefghijklmnopqrstuvwxyz0123456789" }
  }
}
variable "ports" { default = [22, 8443] }
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_security_group" "sg" {
  vpc_id = aws_vpc.v.id
  dynamic "ingress" {
    for_each = var.ports
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}
resource "aws_vpc_security_group_ingress_rule" "r" {
  for_each          = { a = 5900, b = 443 }
  security_group_id = aws_security_group.sg.id
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_ipv4         = "0.0.0.0/0"
}
module "media" {
  source = "./mod"
  count  = 2
  name   = "media-${count.index}"
}
data "aws_iam_policy_document" "pub" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${module.media[0].arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}
resource "aws_s3_bucket_policy" "p" {
  bucket = module.media[0].bucket
  policy = data.aws_iam_policy_document.pub.json
}
data "aws_iam_policy_document" "known" {
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "admin" { policy = data.aws_iam_policy_document.known.json }
resource "aws_instance" "ws" {
  ami           = "ami-12345678"
  instance_type = "g5.xlarge"
  user_data     = "export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXSECRETK"
  metadata_options { http_tokens = "optional" }
  root_block_device { volume_size = 100 }
}
resource "aws_db_instance" "db" {
  allocated_storage   = 10
  engine              = "postgres"
  instance_class      = "db.t4g.micro"
  username            = "x"
  password            = "hunter2hunter2"
  publicly_accessible = true
  skip_final_snapshot = true
}
resource "aws_lambda_function_url" "u" {
  function_name      = "f"
  authorization_type = "NONE"
}
resource "aws_quicksight_group" "q" { group_name = "g" }
output "dbpw" {
  value = "postgres://app:hunter2hunter2@db.example:5432/app"
}
