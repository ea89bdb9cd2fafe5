-- Processes also learn at once which profiles are stored: 123 SearchParameter, 128 StructureDefinition.
drop trigger resource_search_created on resource;
drop trigger resource_search_changed on resource;
create trigger resource_definition_created after insert on resource
    for each row when (new.type in (123, 128)) execute function search_generation_advance();
create trigger resource_definition_changed after update of version on resource
    for each row when (new.type in (123, 128)) execute function search_generation_advance();
