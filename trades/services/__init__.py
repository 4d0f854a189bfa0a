"""What a person does. Each service is one deed; a refusal is a UserError with a sentence."""
